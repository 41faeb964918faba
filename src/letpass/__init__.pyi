from letpass.api import Gate as Gate
from letpass.capture import capture_environment as capture_environment
from letpass.capture import seed_everything as seed_everything

__all__ = ["Gate", "__version__", "capture_environment", "seed_everything"]
__version__: str
