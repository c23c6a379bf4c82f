import os
import time

import pymysql
import redis

queue = redis.Redis(
    host=os.environ["REDIS_HOST"], port=int(os.environ["REDIS_PORT"]), password=os.environ["REDIS_PASSWORD"]
)


def connect():
    return pymysql.connect(
        host=os.environ["DB_HOST"],
        port=int(os.environ["DB_PORT"]),
        user=os.environ["DB_USER"],
        password=os.environ["DB_PASSWORD"],
        database=os.environ["DB_NAME"],
        autocommit=True,
    )


database = None
while True:
    try:
        item = queue.blpop(os.environ["QUEUE"], timeout=5)
        if item is None:
            continue
        database = database or connect()
        with database.cursor() as cursor:
            cursor.execute("INSERT INTO `count` (count_value) VALUES (%s)", (int(item[1]),))
    except (redis.RedisError, pymysql.MySQLError) as error:
        print(error, flush=True)
        database = None
    time.sleep(float(os.environ["PAUSE_SECONDS"]))
