"""The page of use and limits: what was taken, what is left, and what a person allows their own keys."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.forms import OwnBudgetForm
from accounts.http import HtmxRequest, page_user
from generations.limits.usage import PAYERS, use_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def usage(request: HtmxRequest) -> HttpResponse:
    """Shows it, and takes the bounds of one's own keys."""
    user = page_user(request)
    form = OwnBudgetForm(request.POST if request.method == "POST" else None, instance=user)
    if form.is_bound and form.is_valid():
        form.save()
        if not request.htmx:
            return redirect("generations:usage")
    user.refresh_from_db()
    use = use_of(user)
    context = {
        "form": form,
        "saved": form.is_bound and form.is_valid(),
        "use": use,
        "payers": [(PAYERS[payer], periods) for payer, periods in use.payers.items()],
    }
    status = 400 if form.is_bound and not form.is_valid() else 200
    template = "generations/_usage.html" if request.htmx else "generations/usage.html"
    return render(request, template, context, status=status)
