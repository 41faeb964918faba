"""Files for build servers: each validated, and its steps run as the server runs them."""
