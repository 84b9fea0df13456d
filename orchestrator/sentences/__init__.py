"""Messages made sentences: the one place where words are chosen. A language is a file beside this one, in Fluent.

https://projectfluent.org/fluent/guide says how such a file is written. What a language lacks is said in English.
"""

from orchestrator.sentences.language import ENGLISH, Language, chosen, language, say

__all__ = ["ENGLISH", "Language", "chosen", "language", "say"]
