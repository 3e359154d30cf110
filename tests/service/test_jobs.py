"""Tables filled in the background: followed, reviewed, stopped, and finished whatever dies."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from huey.registry import Message
from redis.exceptions import RedisError
from starlette.testclient import TestClient

from packshot.batch import Options, fill
from packshot.errors import PackshotError
from packshot.service.jobs.desk import JobDesk, view
from packshot.service.jobs.folders import JobFolders
from packshot.service.jobs.queue import JobQueue, JsonSerializer
from packshot.service.jobs.record import JobRequest, Status
from packshot.service.jobs.run import run_job
from packshot.service.jobs.worker import recover
from packshot.service.keys import Keys
from packshot.service.settings import Settings

from ..batch.tables import APPAREL, HEADER, tree
from .conftest import wait_for

TABLE = "\n".join(",".join(row) for row in [HEADER, *APPAREL]).replace("bike, 44", "bike 44").encode()
KINDS = ("dress", "shirt", "hat", "skirt")
MANY = "sku,title\n" + "\n".join(
    f"M-{i:03d},{color} {kind}"
    for i, (color, kind) in enumerate((c, k) for c in ("red", "blue", "green", "black") for k in KINDS)
)


def _never() -> bool:
    return False


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state", workers=0)


def test_a_job_is_made_as_packshot_fill_makes_it(settings: Settings, tmp_path: Path) -> None:
    folders = JobFolders(settings.state / "jobs")
    folder = folders.create("", "C:\\shop\\my products.csv", TABLE, JobRequest(preset="taobao"))
    assert folder.job.table == "my products.csv"
    run_job(folder, settings, _never)
    status = folder.status
    assert (status.state, status.made, status.refused, status.failed) == ("done", 3, 1, 0)
    (tmp_path / "same.csv").write_bytes(TABLE)
    fill([tmp_path / "same.csv"], tmp_path / "own", Options(preset="taobao", everything=True))
    assert tree(folder.out) == tree(tmp_path / "own")
    with zipfile.ZipFile(folder.zip) as archive:
        assert set(archive.namelist()) == {name for name in tree(folder.out) if not name.startswith(".")}
        assert archive.testzip() is None


def test_a_job_that_was_stopped_goes_on(settings: Settings) -> None:
    folders = JobFolders(settings.state / "jobs")
    folder = folders.create("", "t.csv", TABLE, JobRequest())
    calls = iter([False, True])
    run_job(folder, settings, lambda: next(calls))
    assert folder.status.state == "queued"
    made = tree(folder.out)
    run_job(folder, settings, _never)
    assert folder.status.state == "done"
    assert made.keys() < tree(folder.out).keys()


def test_a_job_whose_worker_dies_over_the_zip_makes_nothing_anew_twice(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = JobFolders(settings.state / "jobs").create("", "t.csv", TABLE, JobRequest())
    run_job(folder, settings, _never)
    folder.redo = ["A-1"]
    folder.update(Status())

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("packshot.service.jobs.run._zip", die)
        with pytest.raises(KeyboardInterrupt):
            run_job(folder, settings, _never)
    made = tree(folder.out)
    run_job(folder, settings, _never)
    assert folder.status.state == "done"
    assert tree(folder.out) == made


def test_a_job_is_worked_on_once_at_a_time_and_not_after_its_end(settings: Settings) -> None:
    folder = JobFolders(settings.state / "jobs").create("", "t.csv", TABLE, JobRequest())
    with folder.held() as held:
        assert held
        run_job(folder, settings, _never)
        assert folder.status.state == "queued"
    run_job(folder, settings, _never)
    before = folder.status.updated
    run_job(folder, settings, _never)
    assert folder.status.updated == before


def test_a_job_that_kills_its_workers_is_given_up(settings: Settings) -> None:
    folder = JobFolders(settings.state / "jobs").create("", "t.csv", TABLE, JobRequest())
    folder.update(Status(state="running", attempts=3))
    run_job(folder, settings, _never)
    assert folder.status.state == "failed"
    assert "again and again" in folder.status.error


def _workbook_of_nothing() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [("t.csv", b"colour,weight\nred,3\n", "column"), ("t.xlsx", _workbook_of_nothing(), "workbook")],
)
def test_what_cannot_be_read_fails_in_one_line_without_a_path(
    name: str, data: bytes, said: str, settings: Settings
) -> None:
    folders = JobFolders(settings.state / "jobs")
    folder = folders.create("", name, data, JobRequest())
    run_job(folder, settings, _never)
    assert folder.status.state == "failed"
    assert said in folder.status.error
    assert "\n" not in folder.status.error
    assert str(settings.state) not in folder.status.error
    with pytest.raises(PackshotError, match="not a product table"):
        folders.create("", "t.exe", b"MZ", JobRequest())


def test_messages_are_json() -> None:
    message = Message("id", "run_job", args=("a",), kwargs={})
    data = JsonSerializer().serialize(message)
    assert json.loads(data)["message"]["args"] == ["a"]
    assert JsonSerializer().deserialize(data).name == "run_job"
    with pytest.raises(ValueError):
        JsonSerializer().deserialize(b"\x80\x05cos\nsystem\n.")


def test_what_a_server_puts_in_a_worker_finds(settings: Settings) -> None:
    done: list[str] = []
    JobQueue(settings).put("a")
    worker = JobQueue(settings, done.append)
    worker.huey.execute(worker.huey.dequeue())
    assert done == ["a"]


def test_a_lost_job_is_taken_up_again_and_one_in_hand_is_not(settings: Settings) -> None:
    folders, queue = JobFolders(settings.state / "jobs"), JobQueue(settings)
    folder = folders.create("", "t.csv", TABLE, JobRequest())
    assert recover(folders, queue) == [folder.path.name]
    assert queue.waiting() == [folder.path.name]
    assert recover(folders, queue) == []
    queue.huey.dequeue()
    with folder.held():
        assert recover(folders, queue) == []
    assert recover(folders, queue) == [folder.path.name]
    queue.huey.dequeue()
    folder.update(Status(state="done"))
    assert recover(folders, queue) == []


def _submit(client: Any, table: bytes | str, name: str = "products.csv", **options: Any) -> Any:
    answer = client.post("/api/jobs", files={"table": (name, table)}, data={"options": json.dumps(options)})
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_jobs_by_http(client: TestClient) -> None:
    core = client.app.state.core  # type: ignore[attr-defined]
    job = _submit(client, TABLE, preset="taobao")
    folder = core.desk.folders.find(job["id"])
    assert job["status"]["state"] == "queued"
    assert client.get(f"/api/jobs/{job['id']}/zip").status_code == 409
    assert client.post(f"/api/jobs/{job['id']}/redo", json={"skus": ["A-1"]}).status_code == 409
    run_job(folder, core.settings, _never)
    assert client.get(f"/api/jobs/{job['id']}").json()["status"]["made"] == 3
    events = client.get(f"/api/jobs/{job['id']}/events")
    assert events.headers["content-type"].startswith("text/event-stream")
    assert '"state":"done"' in events.text
    rows = client.get(f"/api/jobs/{job['id']}/manifest").json()
    made = [row for row in rows if row["status"] == "made"]
    image = client.get(f"/api/jobs/{job['id']}/images/{made[0]['file']}")
    assert image.headers["content-type"] == "image/jpeg"
    for astray in ("../job.json", "%2e%2e/job.json", ".fill.jsonl", "A-1/none.jpg"):
        assert client.get(f"/api/jobs/{job['id']}/images/{astray}").status_code in (404, 405)
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"/api/jobs/{job['id']}/zip").content))
    assert made[0]["file"] in archive.namelist()
    # One is made anew, the others stay.
    assert client.post(f"/api/jobs/{job['id']}/redo", json={"skus": ["A-3"]}).status_code == 400
    assert client.post(f"/api/jobs/{job['id']}/redo", json={"skus": ["A-1"]}).status_code == 202
    run_job(folder, core.settings, _never)
    again = client.get(f"/api/jobs/{job['id']}/manifest").json()
    assert [r["sku"] for r, old in zip(again, rows, strict=True) if r["seed"] != old["seed"]] == ["A-1"]
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert client.get(f"/api/jobs/{job['id']}").status_code == 404


def test_a_waiting_job_can_be_cancelled_and_taken_up_again(client: TestClient) -> None:
    core = client.app.state.core  # type: ignore[attr-defined]
    id = _submit(client, TABLE)["id"]
    assert client.delete(f"/api/jobs/{id}").status_code == 409
    assert client.post(f"/api/jobs/{id}/cancel").json()["status"]["state"] == "cancelled"
    run_job(core.desk.folders.find(id), core.settings, _never)
    assert not core.desk.folders.find(id).out.exists()
    assert "resume it" in client.get(f"/api/jobs/{id}/zip").json()["error"]["message"]
    assert client.post(f"/api/jobs/{id}/resume").json()["status"]["state"] == "queued"
    run_job(core.desk.folders.find(id), core.settings, _never)
    assert client.get(f"/api/jobs/{id}").json()["status"]["state"] == "done"


@pytest.mark.parametrize(
    ("name", "data", "options", "status"),
    [
        ("t.exe", b"MZ", "{}", 400),
        ("t.csv", b"", "{}", 400),
        ("t.csv", TABLE, "{", 400),
        ("t.csv", TABLE, '{"n": 99}', 400),
        ("t.csv", TABLE, '{"preset": "../x.toml"}', 400),
        ("t.csv", TABLE, '{"model": "/etc"}', 404),
        ("t.csv", TABLE, '{"out": "/etc"}', 400),
    ],
)
def test_a_bad_job_is_refused(name: str, data: bytes, options: str, status: int, client: TestClient) -> None:
    answer = client.post("/api/jobs", files={"table": (name, data)}, data={"options": options})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("id", ["..", "x", "0" * 24, "%2e%2e%2f", "0" * 23 + "/"])
def test_there_is_no_such_job(id: str, client: TestClient) -> None:
    assert client.get(f"/api/jobs/{id}").status_code == 404


class Redis:
    """A Redis server on a socket of its own."""

    def __init__(self, folder: Path) -> None:
        self.socket, self.folder = folder / "redis.sock", folder
        self.url = f"unix://{self.socket}"
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir"]
        self.process = subprocess.Popen([*command, str(self.folder)], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not self.socket.exists() and time.monotonic() < end:
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server; apt-get install redis-server")
    redis = Redis(tmp_path)
    yield redis
    redis.stop()


@pytest.mark.parametrize("backend", ["sqlite", "redis"])
def test_a_job_outlives_its_worker_and_its_server(
    backend: str, serve: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    queue = ("--redis", request.getfixturevalue("redis").url) if backend == "redis" else ()
    server = serve("--workers", "0", *queue)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        id = _submit(client, MANY, preset="taobao")["id"]
    # A worker in a process of its own, killed in the middle of the job.
    worker = subprocess.Popen(
        [*server.process.args[:4], "--state", str(tmp_path / "state"), "--worker-only", *queue],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    journal = tmp_path / "state" / "jobs" / id / "out" / ".fill.jsonl"
    end = time.monotonic() + 90
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 4) and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    begun = journal.read_bytes().count(b"\n") - 1
    assert 0 < begun < 16
    # The server is killed too; another one with a worker of its own finishes what was begun.
    server.kill()
    again = serve(*queue)
    job = wait_for(again.url, id)
    assert (job["status"]["state"], job["status"]["made"]) == ("done", 16)
    (tmp_path / "same.csv").write_text(MANY)
    fill([tmp_path / "same.csv"], tmp_path / "own", Options(preset="taobao", everything=True))
    assert tree(tmp_path / "state" / "jobs" / id / "out") == tree(tmp_path / "own")
    assert again.end() == 0


def test_redis_may_go_away_and_come_back(redis: Redis, serve: Any, tmp_path: Path) -> None:
    state = tmp_path / "state"
    key = Keys(state).add("shop")
    server = serve("--redis", redis.url)
    with httpx.Client(base_url=server.url, timeout=60, headers={"Authorization": f"Bearer {key}"}) as client:
        redis.stop()
        # The rate cannot be counted, nor the job queued.
        for path in ("/api/jobs", "/v1/images/generations"):
            answer = client.post(path, files={"table": ("t.csv", TABLE)})
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "queue_unreachable")
            assert int(answer.headers["retry-after"]) > 0
        assert client.get("/api/jobs").json() == []
        redis.start()
        id = _submit(client, TABLE)["id"]
        end = time.monotonic() + 90
        while (state_now := client.get(f"/api/jobs/{id}").json()["status"]["state"]) != "done":
            assert time.monotonic() < end, state_now
            time.sleep(0.2)
    assert server.end() == 0


def test_a_table_that_could_not_be_queued_is_not_kept(redis: Redis, settings: Settings) -> None:
    desk = JobDesk(replace(settings, redis=redis.url))
    redis.stop()
    with pytest.raises(RedisError):
        desk.submit("", "t.csv", TABLE, JobRequest())
    assert desk.folders.all() == []


def test_a_worker_waits_for_redis(redis: Redis, settings: Settings) -> None:
    folders = JobFolders(settings.state / "jobs")
    folder = folders.create("", "t.csv", TABLE, JobRequest())
    redis.stop()
    command = [sys.executable, "-m", "packshot", "serve", "--state", str(settings.state), "--worker-only"]
    said = settings.state / "worker.log"
    with said.open("wb") as log:
        worker = subprocess.Popen([*command, "--redis", redis.url], stdout=log, stderr=log)
    try:
        end = time.monotonic() + 60
        while b"Redis" not in said.read_bytes() and time.monotonic() < end:
            time.sleep(0.1)
        assert b"Redis" in said.read_bytes()
        # It is the first to go where memory runs out.
        if (score := Path(f"/proc/{worker.pid}/oom_score_adj")).exists():
            assert int(score.read_text()) == 900
        redis.start()
        end = time.monotonic() + 90
        while folder.status.state != "done" and time.monotonic() < end:
            time.sleep(0.1)
        assert folder.status.state == "done"
    finally:
        worker.kill()
        worker.wait()


def test_a_job_that_is_removed_while_it_is_listed_does_no_harm(settings: Settings) -> None:
    folders = JobFolders(settings.state / "jobs")
    folders.create("", "t.csv", TABLE, JobRequest())
    (listed,) = folders.all()
    folders.remove(listed)
    assert view(listed).table == "t.csv"
    assert folders.all() == []


def test_a_server_ends_though_it_has_hardly_begun(serve: Any) -> None:
    assert serve("--workers", "0").end() == 0
