"""The pages of comparisons. Each works without scripts; HTMX asks for the same pages and takes what changed."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails
from rest_framework.exceptions import ValidationError

from accounts.errors import RequestError, validation_error
from accounts.models import User
from comparisons import services
from comparisons.columns import page_mark, turn_columns
from comparisons.forms import ComparisonForm
from comparisons.models import Comparison
from comparisons.requests import compare_request, turn_prompt
from comparisons.selectors import turn_states, user_comparison, user_comparisons, user_result, user_turn
from generations.services import stop_generations
from providers.selectors import model_label

PAGE = 20


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HtmxRequest) -> HttpResponse:
    """Choose models and ask."""
    user = _user(request)
    if request.method != "POST":
        return render(request, "comparisons/compare.html", ComparisonForm.asked_for(user, request.GET).context())
    form = ComparisonForm(user, request.POST)
    try:
        form.check_filled()
        started = services.start_comparison(user=user, request=compare_request(form.body()))
    except (RequestError, ValidationError) as error:
        refused = error if isinstance(error, RequestError) else validation_error(error)
        return render(request, "comparisons/compare.html", form.context(refused), status=refused.status)
    return _go(request, _address(started.comparison))


@login_required
@never_cache
@require_GET
def comparison_detail(request: HtmxRequest, public_id: uuid.UUID) -> HttpResponse:
    """A comparison as it is now; the socket goes on from there."""
    return _page(request, user_comparison(_user(request), public_id))


@login_required
@never_cache
@require_GET
def history(request: HtmxRequest) -> HttpResponse:
    """The user's comparisons, newest first."""
    search = request.GET.get("search", "").replace("\0", "").strip()[:200]
    given = request.GET.get("offset", "")
    offset = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    rows = list(user_comparisons(_user(request), search)[offset : offset + PAGE + 1])
    context = {
        "comparisons": [_row(comparison) for comparison in rows[:PAGE]],
        "search": search,
        "next": offset + PAGE if len(rows) > PAGE else None,
        "previous": max(0, offset - PAGE) if offset else None,
    }
    return render(request, "comparisons/history.html", context)


@login_required
@require_POST
def turn_create(request: HtmxRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put the next prompt to all."""
    comparison = user_comparison(_user(request), public_id)
    prompt = turn_prompt({"prompt": request.POST.get("prompt", "")})
    services.start_turn(comparison=comparison, prompt=prompt)
    return _answer(request, comparison)


@login_required
@require_POST
def turn_vote(request: HtmxRequest, public_id: uuid.UUID, number: int) -> HttpResponse:
    """Prefer an answer, or none."""
    turn = user_turn(_user(request), public_id, number)
    index = request.POST.get("preferred_index", "")
    services.vote(
        user=_user(request),
        turn=turn,
        preferred_index=int(index) if index.isascii() and index.isdigit() and len(index) < 4 else None,
        verdict=request.POST.get("verdict", ""),
    )
    return _answer(request, turn.comparison)


@login_required
@require_POST
def comparison_cancel(request: HtmxRequest, public_id: uuid.UUID) -> HttpResponse:
    """Stop all that still runs."""
    comparison = user_comparison(_user(request), public_id)
    services.stop_comparison(comparison=comparison)
    return _accepted(request, comparison)


@login_required
@require_POST
def result_cancel(request: HtmxRequest, result_id: uuid.UUID) -> HttpResponse:
    """Stop one answer."""
    generation, comparison = user_result(_user(request), result_id)
    stop_generations([generation])
    return _accepted(request, comparison)


@login_required
@require_POST
def result_retry(request: HtmxRequest, result_id: uuid.UUID) -> HttpResponse:
    """Ask for one answer again."""
    generation, comparison = user_result(_user(request), result_id)
    services.retry_result(generation=generation, comparison=comparison)
    return _answer(request, comparison)


@login_required
@require_POST
def comparison_delete(request: HtmxRequest, public_id: uuid.UUID) -> HttpResponse:
    """Delete a comparison with its answers."""
    services.delete_comparison(comparison=user_comparison(_user(request), public_id))
    return _go(request, reverse("comparisons:history"))


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _address(comparison: Comparison) -> str:
    return reverse("comparisons:comparison-detail", args=[comparison.public_id])


def _go(request: HtmxRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)


def _answer(request: HtmxRequest, comparison: Comparison) -> HttpResponse:
    """After a change: HTMX takes from the page what it asked for, a plain form goes back to the page."""
    return _page(request, comparison) if request.htmx else redirect(_address(comparison))


def _accepted(request: HtmxRequest, comparison: Comparison) -> HttpResponse:
    """For what the worker has still to do: the page hears of it when it is done."""
    return HttpResponse(status=204) if request.htmx else redirect(_address(comparison))


def _page(request: HtmxRequest, comparison: Comparison) -> HttpResponse:
    states = turn_states(comparison)
    turns = turn_columns(states)
    streaming = settings.STREAMING and _user(request).streaming
    context: dict[str, Any] = {
        "comparison": comparison,
        "turns": turns,
        "shown": page_mark(states),
        "live": streaming,
        "poll": not streaming and any(turn.running for turn in turns),
    }
    return render(request, "comparisons/comparison_detail.html", context)


def _row(comparison: Comparison) -> dict[str, Any]:
    turns = list(comparison.turns.all())
    return {
        "public_id": comparison.public_id,
        "prompt": turns[0].prompt if turns else comparison.title,
        "models": [model_label(slot.provider, slot.model) for slot in turns[0].run.generations.all()] if turns else [],
        "created_at": comparison.created_at,
        "vote": any(turn.votes.all() for turn in turns),
    }
