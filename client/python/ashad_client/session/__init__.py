"""What a client does, without doing it: logic as generators of effects, and two runners for them.

attempt        one attempt at one trial: its requests, and their answers taken in
effects        what a generator yields: a call, a pause
epoch          which daemon answers, and what is said again to one that took over
loop_exit      by which exception a loop was left
loop_runner    carries effects out on the running loop of asyncio
meter          time, cost or steps as the resource
outbox         retries, and the queue that keeps the order while the daemon is away
replicates     several seeds or folds as the resource: what they came to
session        one client: the trial it holds
standalone     a session without a daemon
thread_runner  carries effects out in the calling thread, under one lock
work_request   the request for a trial, which keeps its id until it is answered
"""
