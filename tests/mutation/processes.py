"""One process for each fault: where the tests are collected already, or where nothing of ours is loaded yet."""

import gc
import json
import os
import resource
import sys
import tempfile
import types
from functools import _lru_cache_wrapper
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path

import pytest

OURS = ("plan", "gate", "evaluator", "ledger", "store", "agent", "orchestrator", "oncourse", "evals", "tests")
QUIET = ("-q", "--assert=plain", "--hypothesis-profile=mutants", "-p", "no:cacheprovider", "-p", "no:xdist")
ELSEWHERE = ("-k", "not hash_seed")
"""What starts a process of its own would run without the fault."""
MEMORY = 4 << 30
QUICK = 0.1
"""How many seconds a test may take to be worth asking before all others."""
SURVIVED, TEST, LOADING, BROKEN = 0, 1, 2, 70


def preload(modules):
    """Load what others wrote once for all processes, and none of ours."""
    for name in modules:
        import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    gc.collect()
    gc.freeze()  # else each process copies all memory as soon as it collects


def forked(work, cpu_seconds=0):
    """Do some work in a process of its own; return its exit code and what it told."""
    with tempfile.NamedTemporaryFile("r") as told:
        pid = os.fork()
        if pid == 0:
            try:
                if cpu_seconds:
                    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
                    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                with Path(os.devnull).open("w") as hole:
                    os.dup2(hole.fileno(), 1)
                    os.dup2(hole.fileno(), 2)
                status, words = work()
                Path(told.name).write_text(json.dumps(words), encoding="utf-8")
                os._exit(int(status))
            finally:
                os._exit(BROKEN)
        _, status = os.waitpid(pid, 0)
        text = told.read()
        return os.waitstatus_to_exitcode(status), json.loads(text) if text else None


class Watch:
    """Orders the tests, quick ones that noticed last and then the fastest first, and stops at the first that fails."""

    def __init__(self, first, durations):
        self.first, self.durations = {name: place for place, name in enumerate(first)}, durations
        self.took, self.failed = {}, ""

    def ordered(self, items):
        return sorted(items, key=lambda item: self._turn(item.nodeid))

    def _turn(self, name):
        took, last = self.durations.get(name, 0.0), len(self.first)
        return (self.first.get(name, last) if took < QUICK else last), took

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.took[report.nodeid] = report.duration
        if report.failed:
            self.failed = report.nodeid

    def run(self, session):
        if not session.config.pluginmanager.is_registered(self):
            session.config.pluginmanager.register(self)
        items = self.ordered(session.items)
        for item, after in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if self.failed:
                return TEST
        return SURVIVED


class Faulty(SourceFileLoader):
    """Finds one module and loads it from the code that it was given."""

    def __init__(self, name, path, code):
        super().__init__(name, path)
        self.code = code

    def find_spec(self, name, _path=None, _target=None):
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, _name):
        return self.code


class Loop:
    """Runs the tests of a session once, in the order of a watch."""

    def __init__(self, watch):
        self.watch = watch

    def pytest_runtestloop(self, session):
        if session.testsfailed:  # while collecting
            raise session.Interrupted("a module does not load")
        session.testsfailed = int(self.watch.run(session) != SURVIVED)
        return True


def loaded(tests, loader, watch, cpu_seconds):
    """Run tests in a process that loads everything anew, a faulty module among it; return how it ended and who saw."""

    def work():
        sys.meta_path.insert(0, loader)
        status = pytest.main([*QUIET, *ELSEWHERE, *tests], plugins=[watch, Loop(watch)])
        return status, watch.failed

    return forked(work, cpu_seconds)


class Stage:
    """Collects the tests once; then each fault is put into the functions that are there, in a process of its own."""

    def __init__(self, codes, path, limit, took):
        self.codes, self.path, self.limit, self.took = codes, path, limit, took
        self.endings, self.first = [], []

    def pytest_runtestloop(self, session):
        functions, caches = {}, []
        for thing in gc.get_objects():
            if isinstance(thing, types.FunctionType) and thing.__code__.co_filename == self.path:
                functions.setdefault(_place(thing.__code__), []).append(thing)
            elif isinstance(thing, _lru_cache_wrapper) and thing.__module__.partition(".")[0] in OURS:
                caches.append(thing)
        gc.freeze()
        if not self.took:
            watch = Watch((), {})
            status, self.took = forked(lambda: (watch.run(session), watch.took))
            if status != SURVIVED:
                raise SystemExit(f"without any fault the tests of {self.path} fail")
        for code in self.codes:
            watch = Watch(self.first, self.took)

            def work(code=code, watch=watch):
                put = 0
                for function in _nested(code):
                    for live in functions.get(_place(function), ()):
                        live.__code__ = function
                        put += 1
                if not put:
                    return BROKEN, ""
                for cache in caches:
                    cache.cache_clear()
                return watch.run(session), watch.failed

            status, failed = forked(work, self.limit(self.took))
            self.endings.append(status)
            if failed:
                self.first = [failed, *(name for name in self.first if name != failed)]
        return True


def staged(tests, codes, path, limit, took):
    """Run tests with each code in turn; return how each ended, how long each test takes, and who noticed last.

    How long each takes is measured without a fault where it is not known yet.
    """

    def work():
        stage = Stage(codes, path, limit, took)
        status = pytest.main([*QUIET, *ELSEWHERE, *tests], plugins=[stage])
        return status, [stage.endings, stage.took, stage.first]

    status, told = forked(work)
    if status or len(told[0]) != len(codes):
        raise SystemExit(f"pytest ended with {status} on {' '.join(tests)}")
    return told


def _place(code):
    return code.co_qualname, code.co_firstlineno


def _nested(code):
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _nested(constant)
