"""What costs money, and how it is kept: every request and score, saved when it is finished.

The way of a text::

    sample, update                      which candidates are wanted, and what to ask
        |  Wanted
    candidates.ask_for_candidates       one request with n = N, or N of them; asks again
        |  CandidateRequest             for what did not come
    saved_request.request_candidates    a task, so that a finished request is never repeated
        |  Request
    models.live_request.ask_live        sends it, with its events and its growing text
        |  Reply
    Wanted.candidate                    the answer in the reply, or why there is none
        |  Candidate
    durable.write                       into the pool at once; the node adds outlines and costs
        |
    the pool (core.state)               finish returns the best of it

The way of a score::

    rank                                which candidates, and which reward ranks them
        |  Candidate
    ranking.Ranking                     a text that the pool has already is not scored again
        |  Job
    scoring.score_job                   the calls that the reward plans, each a saved task
        |  the reward's own call (rewards.plan)
    a user's function, a server, a judge
        |  a number, or why there is none
    second_ratings.rated_again          who leads is rated again, if that may say something else
        |  Candidate
    the pool (core.state)               rank chooses the best and the worst of it

A reward that rates each answer by itself is asked as they arrive: `arrivals` takes them, beside the
requests that are still out, `early_scores` has each one scored, and `rank` finds the scores. The
held-out score is made beside the step after the ranking: `held_out`.

What both ways use is made once per run, in `run_models`.
"""
