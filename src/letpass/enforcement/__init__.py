"""The gate in MLflow's own server."""
