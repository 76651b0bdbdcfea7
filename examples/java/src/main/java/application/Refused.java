package application;

/** An answer other than 200, and why. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    final int status;

    Refused(int status, String reason) {
        super(reason);
        this.status = status;
    }
}
