"""aiohttp as a load: tasks that ask one after another and read each answer to its end. Prints what they did."""

import asyncio
import json
import sys
import time

import aiohttp


async def ask(session, url, end, score):
    while time.monotonic() < end:
        async with session.get(url) as answer:
            await answer.read()
        score["requests"] += 1


async def main(url, tasks, seconds):
    score = {"requests": 0, "errors": 0}
    start = time.monotonic()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(ask(session, url, start + seconds, score) for _ in range(tasks)))
    score["rate"] = score["requests"] / (time.monotonic() - start)
    print(json.dumps(score))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
