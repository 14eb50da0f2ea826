"""Page of a user's usage and limits, with the form for a budget of the user's own keys."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import OwnBudgetForm
from accounts.http import AuthenticatedHttpRequest
from generations.limits.usage import KEY_SOURCES, usage_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def usage(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the page, and save the budget for the user's own keys."""
    user = request.user
    form = OwnBudgetForm(request.POST if request.method == "POST" else None, instance=user)
    if form.is_bound and form.is_valid():
        form.save()
        if not request.htmx:
            return redirect("generations:usage")
    user.refresh_from_db()
    user_usage = usage_of(user)
    context = {
        "form": form,
        "saved": form.is_bound and form.is_valid(),
        "usage": user_usage,
        "sources": [(KEY_SOURCES[source], periods) for source, periods in user_usage.by_key_source.items()],
    }
    status = 400 if form.is_bound and not form.is_valid() else 200
    template = "generations/_usage.html" if request.htmx else "generations/usage.html"
    return render(request, template, context, status=status)
