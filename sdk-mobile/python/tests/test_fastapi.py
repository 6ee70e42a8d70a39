"""The FastAPI example under uvicorn: two users are two persons, and a login joins the web visitor."""

import importlib.util
import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

from collector import RealCollector

EXAMPLE = pathlib.Path(__file__).resolve().parents[3] / "examples" / "fastapi"
HAS_SERVER = all(importlib.util.find_spec(name) for name in ("fastapi", "uvicorn"))


class Shop:
    """``uvicorn shop:app`` on a free port."""

    def __init__(self, collector: str, directory: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "shop:app", "--app-dir", str(EXAMPLE), "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLLECTOR": collector, "HOLLOWAY_DIRECTORY": directory},
        )
        address: queue.Queue[str] = queue.Queue()
        self.printed: list[str] = []
        threading.Thread(target=self._read, args=(address,), daemon=True).start()
        try:
            self.url = address.get(timeout=60)
        except queue.Empty:
            self._process.kill()
            raise AssertionError(f"uvicorn printed no address, but: {''.join(self.printed)!r}") from None

    def _read(self, address: "queue.Queue[str]") -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self.printed.append(line)
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    address.put(found[0])
        except ValueError:
            pass  # closed while reading

    def request(self, method: str, path: str, user: str = "", cookie: str = "") -> int:
        headers = {name: value for name, value in (("x-user", user), ("cookie", cookie)) if value}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()


@unittest.skipUnless(os.environ.get("HOLLOWAY_BIN"), "HOLLOWAY_BIN names no holloway program")
@unittest.skipUnless(HAS_SERVER, "fastapi and uvicorn are not installed: use the Python of target/venv")
class FastApi(unittest.TestCase):
    def test_two_users_through_one_server_are_two_persons(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        data, program = pathlib.Path(folder.name) / "data", os.environ["HOLLOWAY_BIN"]
        collector = RealCollector(program, str(data))
        self.addCleanup(collector.close)
        shop = Shop(collector.url, str(pathlib.Path(folder.name) / "events"))
        self.addCleanup(shop.stop)
        shop.request("GET", "/products/lamp", cookie="a=b; hw_demo=visitor-1/////")
        shop.request("POST", "/login", user="ada", cookie="hw_demo=visitor-1/ada////")
        shop.request("POST", "/orders?total=12.5", user="ada", cookie="hw_demo=visitor-1/ada////")
        shop.request("POST", "/orders?total=8", user="bob")
        shop.request("POST", "/orders?total=9", user="bob")
        shop.request("POST", "/orders?total=1")  # of no one, and not recorded
        shop.stop()
        collector.stop()
        subprocess.run([program, "derive", "--data", str(data)], check=True, capture_output=True)

        def person(id: str) -> dict:
            told = subprocess.run([program, "person", id, "--data", str(data), "--json"], check=True, capture_output=True)
            return json.loads(told.stdout)

        ada, visitor, bob = person("ada"), person("visitor-1"), person("bob")
        self.assertEqual(ada["person_id"], visitor["person_id"], "the login joined them")
        self.assertNotEqual(ada["person_id"], bob["person_id"])
        self.assertEqual((ada["profile"]["events"], bob["profile"]["events"]), (3, 2))
        self.assertEqual([i["id"] for i in bob["ids"]], ["bob"])


if __name__ == "__main__":
    unittest.main()
