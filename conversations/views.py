"""Pages of chats. Each works without scripts; HTMX requests the same URLs and swaps in partials."""

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
from conversations.selectors import (
    conversation_message,
    discarded_conversations,
    shown_messages,
    user_conversation,
    user_conversations,
)
from core.errors import NotFound
from core.pages import offset_page
from generations.fields import checked_title
from images.forms import PostedImages
from presets.models import Preset
from presets.schemas import checked_preset
from presets.services import create_preset, user_item, user_items
from providers.catalogue import catalogue_groups
from providers.model_ref import ModelRef

INITIAL_MESSAGES = 30
"""Messages that a page shows at first; older ones are loaded when the user scrolls up."""
CHATS_PER_PAGE = 30


@login_required
@never_cache
@require_GET
def chat_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the composer of a new chat."""
    return render(request, "conversations/chat.html", {**_sidebar(request), **_composer(request, None)})


@login_required
@require_POST
def chat_start(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Send the first message of a new chat."""
    started = _start(request, {})
    return go(request, _chat_url(started.conversation))


@login_required
@never_cache
@require_GET
def chat_detail(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the ``last`` messages of a chat; the page's stream continues from there."""
    conversation = user_conversation(request.user, public_id)
    last = _number(request, "last") or INITIAL_MESSAGES
    context = {**_sidebar(request), **_thread(request, conversation, last=last), **_composer(request, conversation)}
    return render(request, "conversations/chat.html", context)


@login_required
@never_cache
@require_GET
def chat_news(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return what other tabs and devices have changed since the page was rendered; 204 if nothing has changed.

    Unchanged parts are not sent, because the user may be typing or selecting in them. If the chat was deleted, its
    composer becomes a note with a button that undoes this.
    """
    try:
        conversation = user_conversation(request.user, public_id)
    except NotFound:
        discarded = discarded_conversations(request.user).filter(public_id=public_id).first()
        if discarded is None:
            raise
        return render(request, "conversations/_chat_gone.html", {"chat": discarded})
    messages_changed = request.GET.get("shown") != page_mark(conversation)
    renamed = request.GET.get("title") != conversation.title
    if not (messages_changed or renamed):
        return HttpResponse(status=204)
    context = _thread(request, conversation) if messages_changed else {"conversation": conversation}
    return render(request, "conversations/_news.html", {**context, "said": messages_changed, "renamed": renamed})


@login_required
@never_cache
@require_GET
def older_messages(request: AuthenticatedHttpRequest, public_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Return the messages before ``message_id``."""
    conversation = user_conversation(request.user, public_id)
    return render(request, "conversations/_earlier.html", _messages(conversation, before=message_id))


@login_required
@require_POST
def message_send(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Send a message, edit a prompt, or regenerate an answer."""
    user = request.user
    conversation = user_conversation(user, public_id)
    started = _start(request, {"conversation_id": str(conversation.public_id)})
    if not request.htmx or request.POST.get("edit_of") or request.POST.get("regenerate"):
        return _thread_response(request, started.conversation)
    context = {**_thread(request, started.conversation, last=2), "sent": True}
    return render(request, "conversations/_sent.html", context)


@login_required
@require_POST
def message_retry(request: AuthenticatedHttpRequest, public_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Retry an answer that did not complete."""
    conversation = user_conversation(request.user, public_id)
    services.retry_message(conversation=conversation, message=conversation_message(conversation, message_id))
    return _thread_response(request, conversation)


@login_required
@require_POST
def message_show(request: AuthenticatedHttpRequest, public_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Show the newest branch that contains a message."""
    conversation = user_conversation(request.user, public_id)
    services.show_branch(conversation=conversation, message=conversation_message(conversation, message_id))
    return _thread_response(request, conversation)


@login_required
@require_POST
def message_delete(request: AuthenticatedHttpRequest, public_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Delete a prompt with its answers."""
    conversation = user_conversation(request.user, public_id)
    services.delete_exchange(conversation=conversation, message=conversation_message(conversation, message_id))
    return _thread_response(request, conversation)


@login_required
@require_POST
def chat_cancel(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Stop the answer; the page's stream shows the end once it has stopped."""
    conversation = user_conversation(request.user, public_id)
    services.stop_conversation(conversation=conversation)
    return HttpResponse(status=204) if request.htmx else redirect(_chat_url(conversation))


@login_required
@require_POST
def chat_rename(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Change a chat's title."""
    conversation = user_conversation(request.user, public_id)
    title = checked_title({"title": request.POST.get("title", "")})
    services.rename_conversation(conversation=conversation, title=title)
    if request.htmx:
        return render(request, "conversations/_chat_item.html", {"chat": conversation, "current": _current(request)})
    return redirect(_chat_url(conversation))


@login_required
@require_POST
def chat_discard(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Delete a chat in a way that can be undone for a minute."""
    conversation = user_conversation(request.user, public_id)
    services.discard_conversation(conversation=conversation)
    if request.htmx:
        context = {"chat": conversation, "current": _current(request)}
        return render(request, "conversations/_discarded.html", context)
    return render(request, "conversations/discarded.html", {"chat": conversation})


@login_required
@require_POST
def chat_restore(request: AuthenticatedHttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Undo the deletion of a chat."""
    conversation = services.restore_conversation(user=request.user, public_id=public_id)
    if request.htmx:
        return render(request, "conversations/_chat_item.html", {"chat": conversation, "current": _current(request)})
    return redirect(_chat_url(conversation))


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
    preset = create_preset(user=user, name=name, data=checked)
    if not request.htmx:
        return redirect("conversations:chat-new")
    context = {"presets": user_items(Preset, user), "note": f"Saved as the set “{preset.name}”."}
    return render(request, "conversations/_chat_presets.html", context)


@login_required
@never_cache
@require_GET
def chat_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show one page of the list of chats."""
    template = "conversations/_chat_list.html" if request.htmx else "conversations/chat_list.html"
    return render(request, template, _sidebar(request))


def _start(request: AuthenticatedHttpRequest, more: dict[str, str]) -> services.StartedAnswer:
    """Start an answer by the composer's form; its files are stored only if the rest of it can be used.

    An edited prompt keeps its images, since its form has no field for them.
    """
    body = {**composer_body(request.POST.dict()), **more}
    posted = PostedImages(request.user, request)
    chat_request({**body, "images": posted.uploaded} if posted.uploaded else body)
    with posted.stored() as images:
        checked = chat_request({**body, "images": images} if images else body)
        return services.start_answer(user=request.user, request=checked)


def _chat_url(conversation: Conversation) -> str:
    return reverse("conversations:chat-detail", args=[conversation.public_id])


def _current(request: AuthenticatedHttpRequest) -> str:
    """Return the id in the URL of the page; for a request by HTMX, of the page that sent it."""
    url = (request.htmx.current_url or "") if request.htmx else request.path
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]


def _thread_response(request: AuthenticatedHttpRequest, conversation: Conversation) -> HttpResponse:
    """Respond to a change: send HTMX the messages again, redirect a plain form to the page."""
    if not request.htmx:
        return redirect(_chat_url(conversation))
    fresh = user_conversation(request.user, conversation.public_id)
    return render(request, "conversations/_thread.html", {**_thread(request, fresh), "changed": True})


def _number(request: AuthenticatedHttpRequest, name: str) -> int:
    """Return a number of the query string; 0 if it is missing or not a number."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _sidebar(request: AuthenticatedHttpRequest) -> dict[str, Any]:
    search = request.GET.get("search", "").replace("\0", "").strip()[:200]
    page = offset_page(user_conversations(request.user, search), request, CHATS_PER_PAGE)
    return {
        "chats": page.rows,
        "search": search,
        "offset": page.offset,
        "next": page.next,
        "current": _current(request)
        if request.htmx
        else str((request.resolver_match.kwargs if request.resolver_match else {}).get("public_id", "")),
    }


def _thread(
    request: AuthenticatedHttpRequest, conversation: Conversation, *, last: int = INITIAL_MESSAGES
) -> dict[str, Any]:
    streaming = request.user.receives_streams
    mark = page_mark(conversation)
    context = _messages(conversation, last=last)
    return {
        **context,
        # Read before the messages: an answer that ends in between is sent twice rather than missed.
        "shown": mark,
        "running": any(message.running for message in context["entries"]),
        "live": streaming,
    }


def _messages(
    conversation: Conversation, *, last: int = INITIAL_MESSAGES, before: uuid.UUID | None = None
) -> dict[str, Any]:
    messages = shown_messages(conversation, last=last + 1, before=before)
    return {"conversation": conversation, "entries": message_views(messages[-last:]), "older": len(messages) > last}


def _composer(request: AuthenticatedHttpRequest, conversation: Conversation | None) -> dict[str, Any]:
    """Return the context of the composer, with the conversation's settings or the ones of ``?preset=<id>``."""
    user = request.user
    groups = catalogue_groups(user)
    offered = [model.key for group in groups for model in group.models if model.available]
    last = conversation or user_conversations(user).first()
    chosen = str(last.model_ref) if last is not None else next(iter(offered), "")
    values = settings_values(conversation.system, conversation.parameters) if conversation else settings_values("", {})
    if "preset" in request.GET:
        preset = user_item(Preset, user, request.GET["preset"]).data
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
        "presets": user_items(Preset, user),
    }
