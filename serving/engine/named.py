"""What the configuration file of an engine names; settings come from `TPO_SERVE_...` variables.

`examples/agent_server/langgraph.json` and `examples/aegra/` show how.
"""

from __future__ import annotations

from ..environment import make_settings
from ..guard.api_keys import make_keyring
from ..guard.run_limit import make_run_limit
from ..served_models import ServedModels
from .app import engine_app
from .auth import make_auth
from .graphs import engine_graph

settings = make_settings({})
keyring = make_keyring(settings)
served_models = ServedModels(settings)
run_limit = make_run_limit(settings, keyring)

auth = make_auth(keyring)
app = engine_app(settings, keyring, served_models, run_limit)
tpo, best_of_n, revision = (engine_graph(served) for served in served_models.graphs.values())
