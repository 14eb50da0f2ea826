"""The chat's pages. Each works without scripts; HTMX asks for the same pages and takes what changed."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AuthenticatedHttpRequest, go
from conversations import services
from conversations.forms import composer_body, settings_values
from conversations.models import Conversation
from conversations.page_model import message_views, page_mark
from conversations.schemas import chat_request
from conversations.selectors import conversation_message, shown_messages, user_conversation, user_conversations
from core.pages import offset_page
from generations.fields import checked_title
from images.forms import posted_images
from presets.models import Preset
from presets.schemas import checked_preset
from presets.services import add_preset, own_item, own_items
from providers.catalogue import catalogue_groups
from providers.model_ref import ModelRef

MESSAGES = 30
"""Messages that a page shows at first; older ones come as one scrolls up."""
CHATS = 30


@login_required
@never_cache
@require_GET
def chat_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """A chat that has not begun."""
    return render(request, "conversations/chat.html", {**_sidebar(request), **_composer(request, None)})


@login_required
@require_POST
def chat_start(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Say the first thing."""
    started = services.start_answer(user=request.user, request=chat_request(_body(request)))
    return go(request, _address(started.conversation))


@login_required
@never_cache
@require_GET
def chat_detail(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A chat as it is now, its ``last`` messages; its stream goes on from there."""
    conversation = user_conversation(request.user, public_id)
    last = _number(request, "last") or MESSAGES
    context = {**_sidebar(request), **_thread(request, conversation, last=last), **_composer(request, conversation)}
    return render(request, "conversations/chat.html", context)


@login_required
@never_cache
@require_GET
def chat_news(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """
    What has changed since the page was ``message_views``, by other tabs and devices; 204 where nothing has.

    What has not changed is not sent: somebody may be at work in it.
    """
    conversation = user_conversation(request.user, public_id)
    said = request.GET.get("shown") != page_mark(conversation)
    renamed = request.GET.get("title") != conversation.title
    if not (said or renamed):
        return HttpResponse(status=204)
    context = _thread(request, conversation) if said else {"conversation": conversation}
    return render(request, "conversations/_news.html", {**context, "said": said, "renamed": renamed})


@login_required
@never_cache
@require_GET
def older_messages(request: AuthenticatedHttpRequest, public_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """The messages before one of them."""
    conversation = user_conversation(request.user, public_id)
    return render(request, "conversations/_earlier.html", _messages(conversation, before=message_id))


@login_required
@require_POST
def message_send(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say something, edit what was said, or ask for an answer once more."""
    user = request.user
    conversation = user_conversation(user, public_id)
    body = {**_body(request), "conversation_id": str(conversation.public_id)}
    started = services.start_answer(user=user, request=chat_request(body))
    if not request.htmx or "edit_of" in body or "regenerate" in body:
        return _changed(request, started.conversation)
    context = {**_thread(request, started.conversation, last=2), "sent": True}
    return render(request, "conversations/_sent.html", context)


@login_required
@require_POST
def message_retry(request: AuthenticatedHttpRequest, public_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Ask once more for an answer that did not complete."""
    conversation = user_conversation(request.user, public_id)
    services.retry_message(conversation=conversation, message=conversation_message(conversation, message_id))
    return _changed(request, conversation)


@login_required
@require_POST
def message_show(request: AuthenticatedHttpRequest, public_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Show the branch through a message."""
    conversation = user_conversation(request.user, public_id)
    services.show_branch(conversation=conversation, message=conversation_message(conversation, message_id))
    return _changed(request, conversation)


@login_required
@require_POST
def message_delete(request: AuthenticatedHttpRequest, public_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Delete a prompt with its answers."""
    conversation = user_conversation(request.user, public_id)
    services.delete_exchange(conversation=conversation, message=conversation_message(conversation, message_id))
    return _changed(request, conversation)


@login_required
@require_POST
def chat_cancel(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Stop the answer; the page hears of it when it has stopped."""
    conversation = user_conversation(request.user, public_id)
    services.stop_conversation(conversation=conversation)
    return HttpResponse(status=204) if request.htmx else redirect(_address(conversation))


@login_required
@require_POST
def chat_rename(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give it another title."""
    conversation = user_conversation(request.user, public_id)
    title = checked_title({"title": request.POST.get("title", "")})
    services.rename_conversation(conversation=conversation, title=title)
    if request.htmx:
        return render(request, "conversations/_chat_item.html", {"chat": conversation, "current": _current(request)})
    return redirect(_address(conversation))


@login_required
@require_POST
def chat_discard(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hide it; for a minute that can be undone."""
    conversation = user_conversation(request.user, public_id)
    services.discard_conversation(conversation=conversation)
    if request.htmx:
        context = {"chat": conversation, "current": _current(request)}
        return render(request, "conversations/_discarded.html", context)
    return render(request, "conversations/discarded.html", {"chat": conversation})


@login_required
@require_POST
def chat_restore(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Undo that."""
    conversation = services.restore_conversation(user=request.user, public_id=public_id)
    if request.htmx:
        return render(request, "conversations/_chat_item.html", {"chat": conversation, "current": _current(request)})
    return redirect(_address(conversation))


@login_required
@require_POST
def preset_create(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Save the composer's model and settings as a set."""
    user, data = request.user, request.POST.dict()
    body = composer_body({**data, "message": "-"})
    chosen = {"provider": body["provider"], "model": body["model"]}
    name, checked = checked_preset(
        {
            "name": data.get("preset_name", ""),
            "providers": [chosen],
            "system": body.get("system", ""),
            "parameters": body.get("parameters", {}),
        }
    )
    preset = add_preset(user=user, name=name, data=checked)
    if not request.htmx:
        return redirect("conversations:chat-new")
    context = {"presets": own_items(Preset, user), "note": f"Saved as the set “{preset.name}”."}
    return render(request, "conversations/_chat_presets.html", context)


@login_required
@never_cache
@require_GET
def chat_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The list at the side, a page at a time."""
    template = "conversations/_chat_list.html" if request.htmx else "conversations/chat_list.html"
    return render(request, template, _sidebar(request))


def _body(request: AuthenticatedHttpRequest) -> dict[str, Any]:
    """What the composer says; an edited prompt keeps its images, for its form has no field for them."""
    body = composer_body(request.POST.dict())
    images = posted_images(request.user, request)
    return {**body, "images": images} if images else body


def _address(conversation: Conversation) -> str:
    return reverse("conversations:chat-detail", args=[conversation.public_id])


def _current(request: AuthenticatedHttpRequest) -> str:
    """The id in the page's address, also where HTMX asks for a part of it."""
    address = (request.htmx.current_url or "") if request.htmx else request.path
    return address.partition("?")[0].rstrip("/").rpartition("/")[2]


def _changed(request: AuthenticatedHttpRequest, conversation: Conversation) -> HttpResponse:
    """After a change: HTMX gets the thread anew, a plain form goes back to the page."""
    if not request.htmx:
        return redirect(_address(conversation))
    fresh = user_conversation(request.user, conversation.public_id)
    return render(request, "conversations/_thread.html", {**_thread(request, fresh), "changed": True})


def _number(request: AuthenticatedHttpRequest, name: str) -> int:
    """A number of the query; 0 for none, and for what is none."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0


def _sidebar(request: AuthenticatedHttpRequest) -> dict[str, Any]:
    search = request.GET.get("search", "").replace("\0", "").strip()[:200]
    page = offset_page(user_conversations(request.user, search), request, CHATS)
    return {
        "chats": page.rows,
        "search": search,
        "offset": page.offset,
        "next": page.next,
        "current": _current(request)
        if request.htmx
        else str((request.resolver_match.kwargs if request.resolver_match else {}).get("public_id", "")),
    }


def _thread(request: AuthenticatedHttpRequest, conversation: Conversation, *, last: int = MESSAGES) -> dict[str, Any]:
    streaming = settings.STREAMING and request.user.streaming
    mark = page_mark(conversation)
    context = _messages(conversation, last=last)
    return {
        **context,
        # Read before the messages: what ends in between is told again, and not missed.
        "shown": mark,
        "running": any(message.running for message in context["entries"]),
        "live": streaming,
    }


def _messages(conversation: Conversation, *, last: int = MESSAGES, before: uuid.UUID | None = None) -> dict[str, Any]:
    placed = shown_messages(conversation, last=last + 1, before=before)
    return {"conversation": conversation, "entries": message_views(placed[-last:]), "older": len(placed) > last}


def _composer(request: AuthenticatedHttpRequest, conversation: Conversation | None) -> dict[str, Any]:
    """What the form asks with: the conversation's model and settings, or those of ``?preset=<id>``."""
    user = request.user
    groups = catalogue_groups(user)
    offered = [model.key for group in groups for model in group.models if model.available]
    last = conversation or user_conversations(user).first()
    chosen = str(last.model_ref) if last is not None else next(iter(offered), "")
    values = settings_values(conversation.system, conversation.parameters) if conversation else settings_values("", {})
    if "preset" in request.GET:
        preset = own_item(Preset, user, request.GET["preset"]).data
        chosen = str(ModelRef(**preset["providers"][0]))
        values = settings_values(preset["system"], preset["parameters"])
    chosen = request.GET.get("model", "") or chosen
    fallback = conversation.fallback if conversation else ""
    return {
        "groups": groups,
        "chosen": chosen,
        "other": "" if chosen in offered else chosen,
        "form": {**values, "fallback": fallback},
        "other_fallback": "" if fallback in offered else fallback,
        "default_fallback": settings.FALLBACK_MODEL,
        "presets": own_items(Preset, user),
    }
