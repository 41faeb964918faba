"""The policy language: text to typed policies, knowing nothing of models or registries."""
