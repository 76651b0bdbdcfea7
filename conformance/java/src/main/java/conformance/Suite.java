package conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** An ordered list of cases, run one by one, with one result line each. */
final class Suite {
    /** A case's code; whatever it throws fails the case. */
    interface Run {
        void run(Check check) throws Exception;
    }

    /** A base case is one that others rest on. */
    private record Case(String name, Run run, boolean base) {}

    private final List<Case> cases = new ArrayList<>();

    /** Adds a case. Names never change their meaning: they are what the compatibility table cites. */
    void add(String name, Run run) {
        cases.add(new Case(name, run, false));
    }

    /** Adds a case that others rest on, such as making the bucket: no filter leaves it out. */
    void addBase(String name, Run run) {
        cases.add(new Case(name, run, true));
    }

    /** Runs the cases whose name contains the filter and those they rest on, prints the totals and returns the exit code. */
    int run(String filter) {
        int passed = 0;
        int failed = 0;
        for (Case one : cases) {
            if (!one.base && !one.name.contains(filter)) {
                continue;
            }
            List<String> problems = problems(one);
            if (problems.isEmpty()) {
                passed++;
                System.out.println("ok " + one.name);
            } else {
                failed++;
                System.out.println("FAILED " + one.name + ": " + oneLine(String.join("; ", problems)));
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        return failed > 0 || passed == 0 ? 1 : 0;
    }

    private static List<String> problems(Case one) {
        Check check = new Check();
        try {
            one.run.run(check);
        } catch (Exception | AssertionError e) {
            check.problems.add(e instanceof Stop ? e.getMessage() : e + where(e));
        }
        return check.problems;
    }

    private static String where(Throwable error) {
        return Arrays.stream(error.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("conformance."))
                .findFirst()
                .map(frame -> " at " + frame.getFileName() + ":" + frame.getLineNumber())
                .orElse("");
    }

    private static String oneLine(String text) {
        String line = text.replaceAll("\\s+", " ").trim();
        return line.length() > 900 ? line.substring(0, 900) + "…" : line;
    }

    /** Ends a case with a reason. */
    private static final class Stop extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stop(String reason) {
            super(reason);
        }
    }

    /** Collects what is wrong in one case. */
    static final class Check {
        private final List<String> problems = new ArrayList<>();

        /** Notes a difference between what came and what must come. */
        void equal(String what, Object got, Object wanted) {
            if (got instanceof byte[] left && wanted instanceof byte[] right) {
                if (!Arrays.equals(left, right)) {
                    note(what + ": " + left.length + " bytes differ from " + right.length + " bytes");
                }
            } else if (!Objects.equals(got, wanted)) {
                note(what + " is «" + got + "», not «" + wanted + "»");
            }
        }

        /** Notes that a condition does not hold. */
        void that(String what, boolean condition) {
            if (!condition) {
                note("not true: " + what);
            }
        }

        /** Notes a problem and lets the case go on. */
        void note(String problem) {
            problems.add(problem);
        }

        /** Ends the case with a reason. */
        RuntimeException stop(String reason) {
            return new Stop(reason);
        }
    }
}
