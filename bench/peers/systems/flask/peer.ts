import { join } from 'node:path';
import type { Peer } from '../../peer.ts';
import { consumer, provideFlask, pythonVersionOf } from './programs.ts';

const server = join(import.meta.dirname, 'server.py');

const ofBoth: Pick<Peer, 'code' | 'configuration' | 'countWaiting' | 'settlesWithinMs'> = {
  code: [server, join(import.meta.dirname, 'consumer.py')],
  configuration: [],
  countWaiting: (redis, queue) => redis.lLen(queue),
  settlesWithinMs: 5_000,
};

/** The application of the original description: Flask's own server, and 5 s between two rows. */
export const flaskAsDescribed: Peer = {
  ...ofBoth,
  name: 'Flask, consumer that sleeps 5 s',
  id: 'flask-5s',
  isSlow: true,
  provide: () => {
    const flask = provideFlask();
    if ('missing' in flask) return flask;
    return {
      version: `Flask ${pythonVersionOf('flask')}, Werkzeug ${pythonVersionOf('werkzeug')}`,
      server: () => ({ command: flask.python, args: [server] }),
      worker: consumer(flask.python, 5),
    };
  },
};

/** The same on a server for production, and without the sleep. */
export const flaskOnGunicorn: Peer = {
  ...ofBoth,
  name: 'Flask on Gunicorn, consumer without sleep',
  id: 'flask',
  provide: () => {
    const flask = provideFlask();
    if ('missing' in flask) return flask;
    return {
      version: `Flask ${pythonVersionOf('flask')}, Gunicorn ${pythonVersionOf('gunicorn')}, redis-py ${pythonVersionOf('redis')}, PyMySQL ${pythonVersionOf('pymysql')}`,
      server: ({ environment: { PORT } }) => ({
        command: join(flask.programs, 'gunicorn'),
        args: [
          ...['--chdir', import.meta.dirname, '--bind', `127.0.0.1:${PORT}`],
          ...['--workers', '2', '--threads', '32', 'server:app'],
        ],
      }),
      worker: consumer(flask.python, 0),
    };
  },
};
