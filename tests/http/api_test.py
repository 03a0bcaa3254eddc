"""The HTTP API over real sockets; and at the end, that each answer its description promises has been seen."""
import sys
import unittest

import api
import cases_arrivals
import cases_control
import cases_guard
import cases_mailpit
import cases_mix
import cases_names
import cases_servers
import cases_store
import cases_verdict

MODULES = (cases_servers, cases_arrivals, cases_verdict, cases_guard, cases_control, cases_mailpit, cases_names, cases_mix, cases_store)


class Description(api.Case):
    """Runs last: what the others have seen is what is promised, and nothing else."""

    def test_what_is_promised_has_been_seen(self):
        paths = self.api.get("/v1/openapi.json").json()["paths"]
        promised = {(method, path, int(status)) for path, methods in paths.items()
                    for method, operation in methods.items() for status in operation["responses"] if status != "default"}
        self.assertGreater(len(promised), 50)
        self.assertEqual(promised - api.SEEN, set(), "promised, and never seen")
        general = {400, 401, 403, 405, 413, 415, 421, 431}  # of any request: the description's `default`
        extra = {one for one in api.SEEN - promised if one[2] not in general and one[0] != "head"}
        self.assertEqual(extra, set(), "seen, and not promised")


def main():
    loader = unittest.TestLoader()
    if len(sys.argv) > 1:  # some of them: the description can't be held against what was not run
        suite = unittest.TestSuite(loader.loadTestsFromName(name) for name in sys.argv[1:])
    else:
        suite = unittest.TestSuite(loader.loadTestsFromModule(module) for module in MODULES)
        suite.addTests(loader.loadTestsFromTestCase(Description))
    sys.exit(0 if unittest.TextTestRunner(verbosity=1).run(suite).wasSuccessful() else 1)


if __name__ == "__main__":
    main()
