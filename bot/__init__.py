"""An offline chatbot that answers questions about LLMs and generative AI from sourced knowledge.

>>> from bot import Bot                                   # doctest: +SKIP
>>> Bot().ask("Is ChatGPT an LLM?").answered              # doctest: +SKIP
True
"""

from bot.api import SHIPPED, Bot, Session
from bot.errors import BotError, ContentError, Problem, StateError
from bot.types import Reply, Trace

__version__ = "0.1.0"
__all__ = ["SHIPPED", "Bot", "BotError", "ContentError", "Problem", "Reply", "Session", "StateError", "Trace", "__version__"]
