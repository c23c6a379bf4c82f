import os
import time

import redis
from flask import Flask, jsonify, request

app = Flask(__name__)
queue = redis.Redis(
    host=os.environ["REDIS_HOST"], port=int(os.environ["REDIS_PORT"]), password=os.environ["REDIS_PASSWORD"]
)


def push(count, attempts=3, delay=1):
    for attempt in range(1, attempts + 1):
        try:
            return queue.rpush(os.environ["QUEUE"], count)
        except redis.RedisError:
            if attempt == attempts:
                raise
            time.sleep(delay)


@app.post("/count")
def post_count():
    count = request.get_json()["count"]
    push(count)
    return jsonify(message="Value added to Redis queue", value=count), 201


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
