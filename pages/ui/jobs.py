"""Background studies on a page: progress, stop and go on, and leaving them when the page is left.

A session watches at most one job. It is watched as long as its page is open, by the page's own fragment; a job that is
superseded, stopped, or whose page has been left stops at once, one whose browser is gone after a moment. That it was
stopped stands in the page's address, so that it stays stopped when the page is loaded again.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import EnerV2GizeError
from core.studies.job import Desk, Job
from core.studies.study import Study
from pages.ui import choices, errors, runs
from pages.ui.i18n import t

JOB, PAGE = "job", "job.page"

STOPPED = "stopped"
"""The choice that names the study that was stopped."""

EVERY_S = 1.0
"""Time between two looks at a job that runs."""


LEFT_S = 5.0
"""Less time than this that is left is not said."""

FIRST_S = 0.7
"""Time that the first look waits for something to show, rather than showing nothing until the second."""


@st.cache_resource(show_spinner=False)
def _desk(engine: str) -> Desk:
    return Desk(runs.outside())


def leave(page: str) -> None:
    """Stop this session's job when another page is shown."""
    if st.session_state.get(PAGE) not in (None, page):
        _let_go()


def take(asked: Study, page: str) -> Job:
    """This session's job from now on; the one before is stopped."""
    job = _desk(runs.ENGINE).job(asked)
    if choices.get(STOPPED) not in (None, _name(job)):
        choices.put(STOPPED, None)
    if st.session_state.get(JOB) is not job:
        _let_go()
        st.session_state[JOB], st.session_state[PAGE] = job, page
    return job


def _let_go() -> None:
    job = st.session_state.pop(JOB, None)
    if job is not None:
        job.stop()
    st.session_state[PAGE] = None


def _name(job: Job) -> str:
    """What an address calls its study."""
    return job.study.key[:8]


def is_going(job: Job) -> bool:
    """Whether more is to come: what takes long to draw can wait for the end."""
    return not job.finished and choices.get(STOPPED) != _name(job)


def follow(job: Job, draw: Callable[[Job], None]) -> None:
    """Show a job while it runs, then its end: `draw` is called again and again with what is done."""
    went = is_going(job)

    def look() -> None:
        # Asked anew each time: a press on the button may have been answered by a run that never came here.
        going = is_going(job)
        if going != went:
            st.rerun()
        if going:
            job.watch()
            job.wait_for_something(FIRST_S)
        _bar(job, going)
        draw(job)
        if going:
            job.watch()  # drawing may have taken a while
        if going and job.finished:
            st.rerun()

    st.fragment(look, run_every=EVERY_S if went else None)()


def _left(job: Job) -> str:
    """How long it will still take, where that is known and worth saying."""
    left = job.left_s
    if left is None or left < LEFT_S:
        return ""
    return f", {t('jobs.left_s', n=round(left))}" if left < 90 else f", {t('jobs.left_min', n=round(left / 60))}"


def _bar(job: Job, going: bool) -> None:
    """Progress with its button; one row of the same height whatever the job does."""

    def stop() -> None:
        choices.put(STOPPED, _name(job))
        job.stop()

    def go_on() -> None:
        choices.put(STOPPED, None)

    done = {"done": round(job.done_frac * 100), "seconds": job.seconds}
    with st.container(horizontal=True, vertical_alignment="center", key="job_bar"):
        if isinstance(job.error, EnerV2GizeError):
            st.error(errors.sentence(job.error))
        elif job.error is not None:
            st.error(t("errors.unexpected", problem=type(job.error).__name__))
        elif job.finished:
            st.caption(t("jobs.finished", runs=len(job.table()), seconds=job.seconds))
        elif going:
            st.progress(job.done_frac, t("jobs.running", **done) + _left(job))
            st.button(t("jobs.stop"), key="job.stop_button", on_click=stop)
        else:
            st.progress(job.done_frac, t("jobs.stopped", **done))
            st.button(t("jobs.go_on"), key="job.go_button", on_click=go_on)
