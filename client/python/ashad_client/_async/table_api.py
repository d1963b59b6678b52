"""A study as a table or a picture, for notebooks: it may be asked for while the study runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ashad_client._async.study_api import AsyncStudyApi
from ashad_client.transport import rpc
from ashad_client.v1 import ashad_pb2 as pb

if TYPE_CHECKING:
    from ashad_client.plots.picture import Picture


class AsyncTableApi(AsyncStudyApi):
    """What notebooks ask. The libraries that tables and pictures need come with extras."""

    async def frame(
        self,
        name: str,
        *,
        curves: bool = False,
        metrics: Sequence[str] = (),
        library: str | None = None,
    ) -> Any:
        """Return the trials of a study as a data frame; with `curves` all of its reports.

        Columns are typed, instants in UTC. What is not there is missing (pandas' NA, a null); NaN
        in `value` says that the training diverged. `metrics` names other metrics of which a trial
        shows the latest; curves have all of them. `library` is "pandas", "polars" or "pyarrow",
        else the first of these that is installed.
        """
        from ashad_client.tables import columns, frame  # noqa: PLC0415

        chosen = frame.library(library)
        study = await self._study(name)
        reader: Any = columns.ReportReader(study) if curves else columns.TrialReader(study, metrics)
        while (request := reader.request()) is not None:
            answer = await self.call(reader.rpc, request)
            reader.take(answer)
        return frame.frame(reader.columns(), chosen)

    async def plot(self, name: str, *, metric: str = "", params: bool = False) -> Picture:
        """Draw a study as `ashad plot` does: curves, best so far, rungs; or its parameters.

        The last line of a notebook's cell shows it; `.save("digits.svg")` writes it.
        `metric` draws the curves of another metric, `params` the best value by parameter.
        """
        from ashad_client.plots import picture  # noqa: PLC0415

        picture.need_matplotlib()
        study = await self._study(name)
        trials: list[pb.Trial] = []
        request = pb.ListTrialsRequest(study=name, page_size=1000)
        while True:
            page = await self.call(rpc.LIST_TRIALS, request)
            trials += page.trials
            request.page_token = page.next_page_token
            if not request.page_token:
                break
        if params:
            asked = pb.GetParameterImportanceRequest(study=name)
            importance = await self.call(rpc.GET_PARAMETER_IMPORTANCE, asked)
            return picture.of_parameters(study, trials, importance)
        reports: list[pb.StoredReport] = []
        wanted = pb.ListReportsRequest(study=name, page_size=1000)
        while True:
            found = await self.call(rpc.LIST_REPORTS, wanted)
            reports += found.reports
            wanted.page_token = found.next_page_token
            if not wanted.page_token:
                return picture.of_search(study, trials, reports, metric)

    async def _study(self, name: str) -> pb.Study:
        answer = await self.call(rpc.GET_STUDY, pb.GetStudyRequest(study=name))
        return answer.study
