"""The application: everything put together."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware

from packshot import __version__
from packshot.features.nsfw import NsfwFilter
from packshot.service import images, pages, tools
from packshot.service.core import Bench, Core
from packshot.service.counting import Counting
from packshot.service.failures import add_handlers
from packshot.service.guard import Guard, Rates
from packshot.service.jobs import routes as job_routes
from packshot.service.jobs.desk import JobDesk
from packshot.service.keys import Keys
from packshot.service.metrics import Metrics
from packshot.service.models import Models
from packshot.service.settings import Settings
from packshot.service.store import ImageStore

# The table a form carries, and what stands around it.
_FORM = 64 * 1024


def create_app(settings: Settings) -> FastAPI:
    """The service as an ASGI application.

    Raises:
        PackshotError: a model cannot be used, a setting is wrong, or an optional package is missing.
    """
    metrics, keys, rates = Metrics(), Keys(settings.state), Rates(settings)
    core = Core(
        settings=settings,
        keys=keys,
        metrics=metrics,
        models=Models(settings, metrics),
        store=ImageStore(settings.state / "images", settings.url_seconds),
        bench=Bench(len(os.sched_getaffinity(0)), settings.waiting),
        desk=JobDesk(settings),
        nsfw=NsfwFilter() if settings.nsfw_filter else None,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.get_running_loop().run_in_executor(None, core.models.warm)
        yield
        core.stopping.set()
        await warming
        await asyncio.to_thread(core.models.close)

    app: FastAPI = FastAPIOffline(
        redoc_url=None,
        title="packshot",
        version=__version__,
        description="Product images from descriptions. `/v1` answers OpenAI's clients; `/api` is packshot's own.",
        license_info={"name": "Apache-2.0"},
        static_url="/docs-assets",
        lifespan=lifespan,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(Counting, metrics=metrics),
            Middleware(Guard, settings=settings, keys=keys, metrics=metrics, rates=rates),
        ],
    )
    app.state.core = core
    add_handlers(app)
    # By router and not for the whole app, whose limit would stand outside the middleware.
    app.include_router(images.router, max_body_size=settings.max_json)
    app.include_router(tools.router, max_body_size=settings.max_upload + _FORM)
    app.include_router(job_routes.router, max_body_size=settings.max_table + _FORM)
    app.include_router(pages.router, max_body_size=settings.max_json)
    if settings.studio:
        from packshot.service.studio.page import mount_studio

        app = mount_studio(app, core)
    return app
