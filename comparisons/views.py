"""The pages of comparisons. Each works without scripts; HTMX asks for the same pages and takes what changed."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest, go
from comparisons import services
from comparisons.forms import ComparisonForm
from comparisons.models import Comparison
from comparisons.page_model import page_mark, turn_views
from comparisons.schemas import compare_request, turn_request
from comparisons.selectors import shared_history, turn_states, user_comparison, user_comparisons, user_result, user_turn
from core.errors import InvalidInput, RequestError
from core.pages import offset_page
from generations.fields import checked_title
from generations.services import stop_generations
from images.forms import posted_images
from providers.selectors import model_label

PAGE = 20


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Choose models and ask."""
    user = request.user
    if request.method != "POST":
        return render(request, "comparisons/compare.html", ComparisonForm.asked_for(user, request.GET).context())
    form = ComparisonForm(user, request.POST)
    try:
        form.take_images(posted_images(user, request))
        form.check_filled()
        started = services.start_comparison(user=user, request=compare_request(form.body()))
    except RequestError as error:
        return render(request, "comparisons/compare.html", form.context(error), status=error.status)
    return go(request, _address(started.comparison))


@login_required
@never_cache
@require_GET
def comparison_detail(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A comparison as it is now; the socket goes on from there."""
    return _page(request, user_comparison(request.user, public_id))


@login_required
@never_cache
@require_GET
def history(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The user's comparisons, newest first."""
    search = request.GET.get("search", "").replace("\0", "").strip()[:200]
    page = offset_page(user_comparisons(request.user, search), request, PAGE)
    context = {
        "comparisons": [_row(comparison) for comparison in page.rows],
        "search": search,
        "next": page.next,
        "previous": page.previous,
    }
    return render(request, "comparisons/history.html", context)


@login_required
@require_POST
def turn_create(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put the next prompt to all."""
    comparison = user_comparison(request.user, public_id)
    images = posted_images(request.user, request)
    asked = turn_request({"prompt": request.POST.get("prompt", ""), "images": images})
    services.start_turn(comparison=comparison, request=asked)
    return _answer(request, comparison)


@login_required
@require_POST
def turn_vote(request: AuthenticatedHttpRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    """Prefer an answer, or none."""
    turn = user_turn(request.user, public_id, number)
    index = request.POST.get("preferred_index", "")
    services.vote(
        user=request.user,
        turn=turn,
        preferred_index=int(index) if index.isascii() and index.isdigit() and len(index) < 4 else None,
        verdict=request.POST.get("verdict", ""),
    )
    return _answer(request, turn.comparison)


@login_required
@require_POST
def comparison_cancel(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Stop all that still runs."""
    comparison = user_comparison(request.user, public_id)
    services.stop_comparison(comparison=comparison)
    return _accepted(request, comparison)


@login_required
@require_POST
def result_cancel(request: AuthenticatedHttpRequest, result_id: uuid.UUID) -> HttpResponse:
    """Stop one answer."""
    generation, comparison = user_result(request.user, result_id)
    stop_generations([generation])
    return _accepted(request, comparison)


@login_required
@require_POST
def result_retry(request: AuthenticatedHttpRequest, result_id: uuid.UUID) -> HttpResponse:
    """Ask for one answer again."""
    generation, comparison = user_result(request.user, result_id)
    services.retry_result(generation=generation, comparison=comparison)
    return _answer(request, comparison)


@login_required
@require_POST
def result_fork(request: AuthenticatedHttpRequest, result_id: uuid.UUID) -> HttpResponse:
    """Go on with one answer in a chat."""
    generation, _ = user_result(request.user, result_id)
    chat = services.fork_result(generation=generation)
    return go(request, reverse("conversations:chat-detail", args=[chat.public_id]))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def comparison_rename(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give a comparison another title: the form, and the item of the history with the new one."""
    comparison = user_comparison(request.user, public_id)
    title, error = comparison.title, ""
    if request.method == "POST":
        title = request.POST.get("title", "")
        try:
            services.rename_comparison(comparison=comparison, title=checked_title({"title": title}))
        except InvalidInput as refusal:
            error = refusal.message
        else:
            return _renamed(request, comparison)
    context = {"comparison": comparison, "title": title, "error": error}
    page = "comparisons/_rename_form.html" if request.htmx else "comparisons/comparison_rename.html"
    return render(request, page, context, status=400 if error else 200)


def _renamed(request: AuthenticatedHttpRequest, comparison: Comparison) -> HttpResponse:
    if not request.htmx:
        return redirect("comparisons:history")
    return render(request, "comparisons/_history_item.html", {"comparison": _row(comparison)})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def comparison_delete(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask whether a comparison is to be deleted with its answers, and delete it."""
    comparison = user_comparison(request.user, public_id)
    if request.method != "POST":
        page = "comparisons/_delete_form.html" if request.htmx else "comparisons/comparison_delete.html"
        return render(request, page, {"comparison": comparison})
    services.delete_comparison(comparison=comparison)
    return redirect(_page_of_history(request))


@login_required
@never_cache
@require_GET
def history_item(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One comparison of the history, when its form is put away again."""
    comparison = user_comparison(request.user, public_id)
    return render(request, "comparisons/_history_item.html", {"comparison": _row(comparison)})


def _address(comparison: Comparison) -> str:
    return reverse("comparisons:comparison-detail", args=[comparison.public_id])


def _page_of_history(request: AuthenticatedHttpRequest) -> str:
    """The history as HTMX shows it just now, else its beginning."""
    address, shown = reverse("comparisons:history"), request.htmx.current_url_abs_path or ""
    return shown if shown.partition("?")[0] == address else address


def _answer(request: AuthenticatedHttpRequest, comparison: Comparison) -> HttpResponse:
    """After a change: HTMX takes from the page what it asked for, a plain form goes back to the page."""
    return _page(request, comparison) if request.htmx else redirect(_address(comparison))


def _accepted(request: AuthenticatedHttpRequest, comparison: Comparison) -> HttpResponse:
    """For what the worker has still to do: the page hears of it when it is done."""
    return HttpResponse(status=204) if request.htmx else redirect(_address(comparison))


def _page(request: AuthenticatedHttpRequest, comparison: Comparison) -> HttpResponse:
    states = turn_states(comparison)
    turns = turn_views(states)
    streaming = settings.STREAMING and request.user.streaming
    context: dict[str, Any] = {
        "comparison": comparison,
        "turns": turns,
        "history": shared_history(states),
        "shown": page_mark(states),
        "live": streaming,
        "poll": not streaming and any(turn.running for turn in turns),
    }
    return render(request, "comparisons/comparison_detail.html", context)


def _row(comparison: Comparison) -> dict[str, Any]:
    turns = list(comparison.turns.all())
    prompt = turns[0].prompt if turns else ""
    return {
        "public_id": comparison.public_id,
        "title": comparison.title,
        "prompt": "" if " ".join(prompt.split()).startswith(comparison.title) else prompt,
        "models": [model_label(slot.provider, slot.model) for slot in turns[0].run.generations.all()] if turns else [],
        "created_at": comparison.created_at,
        "vote": any(turn.votes.all() for turn in turns),
    }
