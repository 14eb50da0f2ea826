"""Pages of comparisons. Each works without scripts; HTMX requests the same URLs and swaps in partials."""

from __future__ import annotations

import uuid
from typing import Any

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
from comparisons.page_model import footer_context, page_mark, turn_views
from comparisons.schemas import compare_request, turn_request
from comparisons.selectors import (
    listed_comparison,
    shared_history,
    turn_states,
    user_comparison,
    user_comparisons,
    user_result,
    user_turn,
)
from core.errors import InvalidInput, RequestError
from core.pages import offset_page
from generations.fields import checked_title
from generations.services import stop_generations
from images.forms import PostedImages
from providers.selectors import model_label

PAGE_SIZE = 20


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the form that starts a comparison, and start one."""
    user = request.user
    if request.method != "POST":
        return render(request, "comparisons/compare.html", ComparisonForm.from_query(user, request.GET).context())
    form = ComparisonForm(user, request.POST)
    try:
        posted = PostedImages(user, request)
        form.check_variables()
        compare_request(form.body())
        with posted.stored() as images:
            body = {**form.body(), "images": images}
            started = services.start_comparison(user=user, request=compare_request(body))
    except RequestError as error:
        return render(request, "comparisons/compare.html", form.context(error), status=error.status)
    return go(request, _comparison_url(started.comparison))


@login_required
@never_cache
@require_GET
def comparison_detail(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a comparison as it is now; the page's socket continues from there."""
    return _page(request, user_comparison(request.user, public_id))


@login_required
@never_cache
@require_GET
def history(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the user's comparisons, newest first."""
    search = request.GET.get("search", "").replace("\0", "").strip()[:200]
    page = offset_page(user_comparisons(request.user, search), request, PAGE_SIZE)
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
    """Send the next prompt to all candidates."""
    comparison = user_comparison(request.user, public_id)
    posted = PostedImages(request.user, request)
    body = {"prompt": request.POST.get("prompt", ""), "images": posted.uploaded}
    turn_request(body)
    with posted.stored() as images:
        services.start_turn(comparison=comparison, request=turn_request({**body, "images": images}))
    return _page_response(request, comparison)


@login_required
@require_POST
def turn_vote(request: AuthenticatedHttpRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    """Vote on a turn."""
    turn = user_turn(request.user, public_id, number)
    index = request.POST.get("preferred_index", "")
    services.vote(
        user=request.user,
        turn=turn,
        preferred_index=int(index) if index.isascii() and index.isdigit() and len(index) < 4 else None,
        verdict=request.POST.get("verdict", ""),
    )
    return _footer_response(request, turn.comparison, number)


@login_required
@require_POST
def comparison_cancel(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Stop all open answers of a comparison."""
    comparison = user_comparison(request.user, public_id)
    services.stop_comparison(comparison=comparison)
    return _stop_response(request, comparison)


@login_required
@require_POST
def result_cancel(request: AuthenticatedHttpRequest, result_id: uuid.UUID) -> HttpResponse:
    """Stop one answer."""
    generation, comparison = user_result(request.user, result_id)
    stop_generations([generation])
    return _stop_response(request, comparison)


@login_required
@require_POST
def result_retry(request: AuthenticatedHttpRequest, result_id: uuid.UUID) -> HttpResponse:
    """Retry one answer."""
    generation, comparison = user_result(request.user, result_id)
    services.retry_result(generation=generation, comparison=comparison)
    return _page_response(request, comparison)


@login_required
@require_POST
def result_fork(request: AuthenticatedHttpRequest, result_id: uuid.UUID) -> HttpResponse:
    """Continue one answer in a new chat."""
    generation, _ = user_result(request.user, result_id)
    chat = services.fork_result(generation=generation)
    return go(request, reverse("conversations:chat-detail", args=[chat.public_id]))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def comparison_rename(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the form that renames a comparison, and rename it."""
    comparison = user_comparison(request.user, public_id)
    title, error = comparison.title, ""
    if request.method == "POST":
        title = request.POST.get("title", "")
        try:
            services.rename_comparison(comparison=comparison, title=checked_title({"title": title}))
        except InvalidInput as refusal:
            error = refusal.message
        else:
            return _renamed_response(request, comparison)
    context = {"comparison": comparison, "title": title, "error": error}
    page = "comparisons/_rename_form.html" if request.htmx else "comparisons/comparison_rename.html"
    return render(request, page, context, status=400 if error else 200)


def _renamed_response(request: AuthenticatedHttpRequest, comparison: Comparison) -> HttpResponse:
    if not request.htmx:
        return redirect("comparisons:history")
    row = _row(listed_comparison(request.user, comparison.public_id))
    return render(request, "comparisons/_history_item.html", {"comparison": row})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def comparison_delete(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Ask for confirmation that a comparison is to be deleted, and delete it."""
    comparison = user_comparison(request.user, public_id)
    if request.method != "POST":
        page = "comparisons/_delete_form.html" if request.htmx else "comparisons/comparison_delete.html"
        return render(request, page, {"comparison": comparison})
    services.delete_comparison(comparison=comparison)
    return redirect(_history_url(request))


@login_required
@never_cache
@require_GET
def history_item(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return one item of the history, which replaces its form when the user cancels."""
    comparison = listed_comparison(request.user, public_id)
    return render(request, "comparisons/_history_item.html", {"comparison": _row(comparison)})


def _comparison_url(comparison: Comparison) -> str:
    return reverse("comparisons:comparison-detail", args=[comparison.public_id])


def _history_url(request: AuthenticatedHttpRequest) -> str:
    """Return the URL of the page of the history that the user sees, or of its first page."""
    url, shown = reverse("comparisons:history"), request.htmx.current_url_abs_path or ""
    return shown if shown.partition("?")[0] == url else url


def _page_response(request: AuthenticatedHttpRequest, comparison: Comparison) -> HttpResponse:
    """Respond to a change: send HTMX the page, of which it swaps in a part, and redirect a plain form to the page."""
    return _page(request, comparison) if request.htmx else redirect(_comparison_url(comparison))


def _footer_response(request: AuthenticatedHttpRequest, comparison: Comparison, number: int) -> HttpResponse:
    """Respond to a vote: HTMX gets the turn's footer."""
    if not request.htmx:
        return redirect(_comparison_url(comparison))
    footer = footer_context(turn_states(comparison, from_number=number), 0)
    return render(request, "comparisons/_turn_footer.html", {"comparison": comparison, **footer})


def _stop_response(request: AuthenticatedHttpRequest, comparison: Comparison) -> HttpResponse:
    """Respond to a stop: HTMX gets nothing, because the page's socket shows the end once a worker has stopped."""
    return HttpResponse(status=204) if request.htmx else redirect(_comparison_url(comparison))


def _page(request: AuthenticatedHttpRequest, comparison: Comparison) -> HttpResponse:
    states = turn_states(comparison)
    turns = turn_views(states)
    streaming = request.user.receives_streams
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
    turns, prompt = list(comparison.turns.all()), comparison.first_prompt
    return {
        "public_id": comparison.public_id,
        "title": comparison.title,
        "prompt": "" if " ".join(prompt.split()).startswith(comparison.title) else prompt,
        "models": [model_label(slot.provider, slot.model) for turn in turns[:1] for slot in turn.run.generations.all()],
        "created_at": comparison.created_at,
        "vote": any(turn.votes.all() for turn in turns),
    }
