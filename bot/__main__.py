"""`python -m bot` is the command `genai-bot`."""

import sys

from bot.channels.cli import main

if __name__ == "__main__":
    sys.exit(main())
