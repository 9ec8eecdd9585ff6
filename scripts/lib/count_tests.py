"""Counts tests from Swift Testing's event stream: `count_tests.py FILE EXIT_CODE`.

Prints what was skipped and why, what failed, and "N passed, N failed" last. A test that began and never ended took the process down with it, and
a run that ended badly without a failed test (it did not compile, say) counts as one failure.
"""

import json
import sys


def main(path, exit_code):
    names, running, passed, failed, skipped = {}, set(), 0, [], []
    try:
        lines = open(path, encoding="utf-8")
    except OSError:
        lines = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue  # the last line of a process that died
        payload = record.get("payload", {})
        if record.get("kind") == "test" and payload.get("kind") == "function":
            names[payload["id"]] = payload.get("displayName") or payload["name"]
        test = payload.get("testID")
        if test not in names:
            continue
        if payload["kind"] == "testStarted":
            running.add(test)
        elif payload["kind"] == "testSkipped":
            reasons = [message["text"] for message in payload.get("messages", []) if message.get("text")]
            skipped.append((names[test], " ".join(reasons)))
        elif payload["kind"] == "testEnded":
            running.discard(test)
            if any(message.get("symbol") == "fail" for message in payload.get("messages", [])):
                failed.append(names[test])
            else:
                passed += 1
    crashed = [names[test] for test in running]
    for name, reason in skipped:
        print(f"skipped: {name} ({reason})")
    for name in failed:
        print(f"failed: {name}")
    for name in crashed:
        print(f"did not end before the process died: {name}")
    failures = len(failed) + len(crashed)
    if exit_code != 0 and failures == 0:
        print(f"swift test ended with code {exit_code} although no test failed")
        failures = 1
    print(f"{passed} passed, {failures} failed")
    return 1 if failures or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
