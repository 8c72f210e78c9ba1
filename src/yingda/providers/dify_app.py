"""What all runs of one Dify app share: its connection, its settings, and what was learnt of it.

Knows how a prompt becomes a request and how the answer is to be read. Sends no run by itself.
"""

from collections.abc import Mapping

from yingda.clock import Clock
from yingda.errors import ProviderMisconfigured
from yingda.providers.base import Prompt
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_features import Attached
from yingda.providers.dify_form import DifyForm
from yingda.providers.dify_links import origin_of
from yingda.providers.dify_mode import MEMORYLESS, DifyMode
from yingda.providers.dify_reading import Reading
from yingda.providers.dify_request import RunRequest, run_request
from yingda.providers.dify_settings import AppMode, DifySettings, usable_base_url
from yingda.providers.gathering import Gathering
from yingda.templates import Template, TemplateInvalid


class DifyApp:
    """One app, known by its key.

    Raises `ProviderMisconfigured` when address, key or inputs cannot be used at all.
    """

    def __init__(self, settings: DifySettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.api = DifyApi(settings, clock)
        self.mode = DifyMode(self.api, settings, clock)
        self.gathering = Gathering(clock, settings.gather_s)
        self._form = DifyForm(self.api, settings, clock)
        self._templates = {name: _template(name, text) for name, text in settings.inputs.items()}
        self._files_url = settings.files_url or origin_of(usable_base_url(settings.base_url))

    async def request(
        self, prompt: Prompt, conversation_id: str | None, attached: Attached
    ) -> RunRequest:
        """How this prompt is put to the app; raises nothing."""
        mode = await self.mode.find()
        return run_request(
            mode,
            prompt,
            inputs=self.inputs(prompt.values),
            question_key=await self._form.question_key(mode),
            conversation_id=conversation_id,
            attached=attached,
        )

    def inputs(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values of the app's input variables for one question."""
        return {name: template.filled(values) for name, template in self._templates.items()}

    def reading(self, mode: AppMode) -> Reading:
        """How a run of this type is to be read."""
        return Reading(
            is_workflow=mode is AppMode.WORKFLOW,
            has_conversations=mode not in MEMORYLESS,
            output_key=self.settings.output_key,
            files_url=self._files_url,
            gives_sources=self.settings.sources,
        )


def _template(name: str, text: str) -> Template:
    try:
        return Template.parse(text)
    except TemplateInvalid:
        mend = "Write known names in braces alone, and a brace that is meant itself twice."
        raise ProviderMisconfigured(f"the input {name} is no template", mend=mend) from None
