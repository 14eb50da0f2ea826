"""Comparisons in the REST API: everything that does not stream."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from comparisons import services
from comparisons.exporting import KINDS, export
from comparisons.presentation import Json, comparison_json, comparison_row_json, result_json, vote_json
from comparisons.requests import (
    CompareSerializer,
    StrictIntegerField,
    TextField,
    TitleSerializer,
    WordField,
    compare_request,
    comparison_title,
)
from comparisons.selectors import turn_states, user_comparison, user_comparisons, user_result, user_turn
from generations.services import stop_generations

PAGE = 20
MAX_PAGE = 100
ANY_JSON = OpenApiTypes.OBJECT


class PageSerializer(serializers.Serializer[Any]):
    limit = serializers.IntegerField(default=PAGE, min_value=1, max_value=MAX_PAGE)
    offset = serializers.IntegerField(default=0, min_value=0, max_value=2**31)
    search = serializers.CharField(default="", allow_blank=True, max_length=200)
    count = serializers.BooleanField(default=False)


class ExportSerializer(serializers.Serializer[Any]):
    format = WordField(KINDS, default="json")


class VoteSerializer(serializers.Serializer[Any]):
    preferred_index = StrictIntegerField(required=False, allow_null=True, min_value=0)
    verdict = TextField(required=False, allow_null=True)
    turn = StrictIntegerField(required=False, allow_null=True, min_value=0)


class ComparisonListApi(APIView):
    @extend_schema(parameters=[PageSerializer], responses=ANY_JSON, operation_id="comparisons_list")
    def get(self, request: Request) -> Response:
        """The caller's comparisons, newest first."""
        page = _checked(PageSerializer, request.query_params)
        found = user_comparisons(_user(request), page["search"])
        limit, offset = page["limit"], page["offset"]
        rows = list(found[offset : offset + limit + 1])
        body: Json = {
            "next": _page_url(request, offset + limit) if len(rows) > limit else None,
            "previous": _page_url(request, max(0, offset - limit)) if offset else None,
            "results": [comparison_row_json(comparison) for comparison in rows[:limit]],
        }
        if page["count"]:
            body["count"] = found.count()
        return Response(body)

    @extend_schema(request=CompareSerializer, responses={201: ANY_JSON}, operation_id="comparisons_create")
    def post(self, request: Request) -> Response:
        """Start a comparison and answer at once; follow it by its stream or socket."""
        started = services.start_comparison(user=_user(request), request=compare_request(request.data))
        slots = ("result_id", "index", "provider", "model")
        results = [{name: result_json(each)[name] for name in slots} for each in started.state.generations]
        body = {
            "event": "start",
            "comparison_id": str(started.comparison.public_id),
            "turn": started.turn.number,
            "total": started.state.run.total,
            "results": results,
        }
        return Response(body, status=201)


class ComparisonApi(APIView):
    @extend_schema(responses=ANY_JSON, operation_id="comparisons_read")
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """A whole comparison."""
        comparison = user_comparison(_user(request), public_id)
        return Response(comparison_json(comparison, turn_states(comparison)))

    @extend_schema(request=TitleSerializer, responses=ANY_JSON, operation_id="comparisons_rename")
    def patch(self, request: Request, public_id: uuid.UUID) -> Response:
        """Give it another title."""
        comparison = user_comparison(_user(request), public_id)
        services.rename_comparison(comparison=comparison, title=comparison_title(request.data))
        return Response(comparison_json(comparison, turn_states(comparison)))

    @extend_schema(responses={204: None}, operation_id="comparisons_delete")
    def delete(self, request: Request, public_id: uuid.UUID) -> Response:
        """Delete it with all its answers; what still runs is stopped."""
        services.delete_comparison(comparison=user_comparison(_user(request), public_id))
        return Response(status=204)


class ComparisonExportApi(APIView):
    @extend_schema(parameters=[ExportSerializer], responses=OpenApiTypes.BINARY, operation_id="comparisons_export")
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """A whole comparison as a file."""
        comparison = user_comparison(_user(request), public_id)
        kind = _checked(ExportSerializer, request.query_params)["format"]
        file = export(comparison, turn_states(comparison), kind)
        disposition = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return HttpResponse(file.content, content_type=file.content_type, headers=disposition)


class VoteApi(APIView):
    @extend_schema(request=VoteSerializer, responses=ANY_JSON, operation_id="comparisons_vote")
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Vote in a turn that has ended, the last one where none is named; voting again changes the vote."""
        checked = _checked(VoteSerializer, request.data)
        turn = user_turn(_user(request), public_id, checked.get("turn"))
        vote = services.vote(
            user=_user(request),
            turn=turn,
            preferred_index=checked.get("preferred_index"),
            verdict=checked.get("verdict") or "",
        )
        return Response({"turn": turn.number, **(vote_json(vote) or {})})


class ComparisonCancelApi(APIView):
    @extend_schema(request=None, responses=ANY_JSON, operation_id="comparisons_cancel")
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Stop all that still runs."""
        comparison = user_comparison(_user(request), public_id)
        return Response({"stopped": services.stop_comparison(comparison=comparison)})


class ResultApi(APIView):
    @extend_schema(responses=ANY_JSON, operation_id="results_read")
    def get(self, request: Request, result_id: uuid.UUID) -> Response:
        """One slot's answer."""
        generation, comparison = user_result(_user(request), result_id)
        return Response({"comparison_id": str(comparison.public_id), **result_json(generation)})


class ResultCancelApi(APIView):
    @extend_schema(request=None, responses=ANY_JSON, operation_id="results_cancel")
    def post(self, request: Request, result_id: uuid.UUID) -> Response:
        """Stop one slot, if it still runs."""
        generation, _ = user_result(_user(request), result_id)
        return Response({"stopped": stop_generations([generation])})


class ResultRetryApi(APIView):
    @extend_schema(request=None, responses={202: ANY_JSON}, operation_id="results_retry")
    def post(self, request: Request, result_id: uuid.UUID) -> Response:
        """Ask one slot again that failed, was stopped or was interrupted; follow it by the comparison's stream."""
        generation, comparison = user_result(_user(request), result_id)
        services.retry_result(generation=generation, comparison=comparison)
        return Response({"comparison_id": str(comparison.public_id), **result_json(generation)}, status=202)


class ResultEventsApi(APIView):
    @extend_schema(
        responses=ANY_JSON,
        operation_id="results_events",
        parameters=[OpenApiParameter("result_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
    )
    def get(self, request: Request, result_id: uuid.UUID) -> Response:
        """The pieces of an ended answer with the times at which they were streamed."""
        generation, _ = user_result(_user(request), result_id)
        starts = [*generation.timeline, [len(generation.text), None]]
        events = [
            {"offset": offset, "time": seconds, "chunk": generation.text[offset:end]}
            for (offset, seconds), (end, _) in pairwise(starts)
        ]
        return Response({"result_id": str(generation.public_id), "events": events})


def _user(request: Request) -> Any:
    return request.user


def _checked(serializer_class: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    serializer = serializer_class(data=data)
    serializer.is_valid(raise_exception=True)
    checked: dict[str, Any] = serializer.validated_data
    return checked


def _page_url(request: Request, offset: int) -> str:
    query = request.query_params.copy()
    query["offset"] = str(offset)
    return request.build_absolute_uri(f"?{query.urlencode()}")
