"""REST API of comparisons, without the endpoints that stream."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.audit import record
from accounts.http import api_user
from accounts.models import Action
from comparisons import services
from comparisons.export import KINDS, export
from comparisons.json import comparison_json, comparison_row_json, result_json, vote_json
from comparisons.schemas import EXAMPLE, CompareSerializer, compare_request
from comparisons.selectors import turn_states, user_comparison, user_comparisons, user_result, user_turn
from comparisons.serializers import (
    ComparisonPageSerializer,
    ComparisonResultSerializer,
    ComparisonSerializer,
    EventsSerializer,
    ForkSerializer,
    StartSerializer,
    TurnVoteSerializer,
)
from conversations.serializers import StoppedSerializer
from core.api.openapi import NOTHING, refusals
from core.api.pagination import PageSerializer, page_json
from core.api.validation import validated
from generations.fields import StrictIntegerField, TextField, TitleSerializer, WordField, checked_title
from generations.services import stop_generations


class ExportSerializer(serializers.Serializer[Any]):
    format = WordField(KINDS, default="json")


class VoteSerializer(serializers.Serializer[Any]):
    preferred_index = StrictIntegerField(required=False, allow_null=True, min_value=0)
    verdict = TextField(required=False, allow_null=True)
    turn = StrictIntegerField(required=False, allow_null=True, min_value=0)


class ComparisonListApi(APIView):
    @extend_schema(parameters=[PageSerializer], responses=ComparisonPageSerializer, operation_id="comparisons_list")
    def get(self, request: Request) -> Response:
        """Return the caller's comparisons, newest first."""
        user = api_user(request)
        return Response(page_json(request, lambda search: user_comparisons(user, search), comparison_row_json))

    @extend_schema(
        request=CompareSerializer,
        responses={201: StartSerializer, **refusals(404, 409, 429, 503)},
        examples=[EXAMPLE],
        operation_id="comparisons_create",
    )
    def post(self, request: Request) -> Response:
        """Start a comparison and return at once; follow it on its stream or socket."""
        started = services.start_comparison(user=api_user(request), request=compare_request(request.data))
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
    @extend_schema(responses=ComparisonSerializer, operation_id="comparisons_read")
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return a comparison with all its turns and answers."""
        comparison = user_comparison(api_user(request), public_id)
        return Response(comparison_json(comparison))

    @extend_schema(request=TitleSerializer, responses=ComparisonSerializer, operation_id="comparisons_rename")
    def patch(self, request: Request, public_id: uuid.UUID) -> Response:
        """Change a comparison's title."""
        comparison = user_comparison(api_user(request), public_id)
        services.rename_comparison(comparison=comparison, title=checked_title(request.data))
        return Response(comparison_json(comparison))

    @extend_schema(responses={204: NOTHING}, operation_id="comparisons_delete")
    def delete(self, request: Request, public_id: uuid.UUID) -> Response:
        """Stop a comparison's answers and delete it with all of them."""
        services.delete_comparison(comparison=user_comparison(api_user(request), public_id))
        return Response(status=204)


class ComparisonExportApi(APIView):
    @extend_schema(
        parameters=[ExportSerializer],
        responses={
            (200, "application/json"): ComparisonSerializer,
            (200, "text/markdown"): OpenApiTypes.STR,
            (200, "text/csv"): OpenApiTypes.STR,
        },
        operation_id="comparisons_export",
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Return a comparison as a file: JSON, Markdown or CSV."""
        comparison = user_comparison(api_user(request), public_id)
        kind = validated(ExportSerializer, request.query_params.dict())["format"]
        file = export(comparison, turn_states(comparison), kind)
        record(Action.EXPORTED, user=api_user(request), subject=f"comparison {comparison.public_id}")
        return file.response()


class VoteApi(APIView):
    @extend_schema(
        request=VoteSerializer,
        responses={200: TurnVoteSerializer, **refusals(409)},
        operation_id="comparisons_vote",
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Vote on a turn that has ended; the last turn if none is given. Voting again replaces the vote."""
        checked = validated(VoteSerializer, request.data)
        turn = user_turn(api_user(request), public_id, checked.get("turn"))
        vote = services.vote(
            user=api_user(request),
            turn=turn,
            preferred_index=checked.get("preferred_index"),
            verdict=checked.get("verdict") or "",
        )
        return Response({"turn": turn.number, **(vote_json(vote) or {})})


class ComparisonCancelApi(APIView):
    @extend_schema(request=None, responses=StoppedSerializer, operation_id="comparisons_cancel")
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Stop all answers of a comparison that are running or waiting."""
        comparison = user_comparison(api_user(request), public_id)
        return Response({"stopped": services.stop_comparison(comparison=comparison)})


class ResultApi(APIView):
    @extend_schema(responses=ComparisonResultSerializer, operation_id="results_read")
    def get(self, request: Request, result_id: uuid.UUID) -> Response:
        """Return the answer of one slot."""
        generation, comparison = user_result(api_user(request), result_id)
        return Response({"comparison_id": str(comparison.public_id), **result_json(generation)})


class ResultCancelApi(APIView):
    @extend_schema(request=None, responses=StoppedSerializer, operation_id="results_cancel")
    def post(self, request: Request, result_id: uuid.UUID) -> Response:
        """Stop the answer of one slot if it is running or waiting."""
        generation, _ = user_result(api_user(request), result_id)
        return Response({"stopped": stop_generations([generation])})


class ResultRetryApi(APIView):
    @extend_schema(
        request=None,
        responses={202: ComparisonResultSerializer, **refusals(409, 429, 503)},
        operation_id="results_retry",
    )
    def post(self, request: Request, result_id: uuid.UUID) -> Response:
        """Retry an answer that failed, was stopped or was interrupted; follow it on the comparison's stream."""
        generation, comparison = user_result(api_user(request), result_id)
        services.retry_result(generation=generation, comparison=comparison)
        return Response({"comparison_id": str(comparison.public_id), **result_json(generation)}, status=202)


class ResultForkApi(APIView):
    @extend_schema(request=None, responses={201: ForkSerializer, **refusals(409)}, operation_id="results_fork")
    def post(self, request: Request, result_id: uuid.UUID) -> Response:
        """Create a chat that continues from this answer; the comparison stays as it is."""
        generation, _ = user_result(api_user(request), result_id)
        fork = services.fork_result(generation=generation)
        return Response({"conversation_id": str(fork.public_id)}, status=201)


class ResultEventsApi(APIView):
    @extend_schema(responses=EventsSerializer, operation_id="results_events")
    def get(self, request: Request, result_id: uuid.UUID) -> Response:
        """Return the pieces of an ended answer with the times at which they were streamed."""
        generation, _ = user_result(api_user(request), result_id)
        starts = [*generation.timeline, [len(generation.text), None]]
        events = [
            {"offset": offset, "time": seconds, "chunk": generation.text[offset:end]}
            for (offset, seconds), (end, _) in pairwise(starts)
        ]
        return Response({"result_id": str(generation.public_id), "events": events})
