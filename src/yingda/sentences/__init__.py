"""The table of sentences that a follower can read, Chinese first, English beside it.

Knows wording, and which placeholders each sentence is given. Who says one, and how long an
operator's own may be, stands in `texts`.
"""

from collections.abc import Mapping

from yingda.sentences.answers import ANSWERS
from yingda.sentences.base import Language, Sentence
from yingda.sentences.commands import COMMANDS
from yingda.sentences.failures import FAILURES
from yingda.sentences.inputs import INPUTS
from yingda.sentences.questions import QUESTIONS

__all__ = ["SENTENCES", "Language", "Sentence"]

#: `{word}` is the pickup word as the follower types it, `{link}` a tap-to-send link whose label is
#: `pickup_label`, `{count}` a number, `{question}` the start of a question, `{part}` and
#: `{total}` a part's number and how many there are, `{chars}` how many characters were written
#: so far, `{seconds}` and `{minutes}` are spans, `{time}` a time of day, `{date}` a day.
#: `{retry}` is a tap-to-send link that asks the question again, or only its label, `{confirm}` one
#: that confirms an erasure, `{command}` a command's word, `{commands}` a line for each command.
#: `{label}`, `{latitude}` and `{longitude}` are a place's, `{title}`, `{description}` and `{url}` a
#: link's, `{model}` is a model's shown name, `{good}` and `{bad}` are links that rate an answer.
SENTENCES: Mapping[str, Sentence] = {**ANSWERS, **QUESTIONS, **INPUTS, **COMMANDS, **FAILURES}
