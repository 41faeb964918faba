from assay.capture import capture_environment as capture_environment
from assay.capture import seed_everything as seed_everything
from assay.embedded import Gate as Gate

__version__: str
