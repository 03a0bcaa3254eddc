package invoices;

/** For one customer. */
public final class Invoice {
  public enum State { UNSENT, SENT, FAILED }

  final String customer;
  /** The Message-ID, one for all tries: a server that has the message already can tell. */
  final String id;
  State state = State.UNSENT;
  /** What its author reads. */
  Exception trouble;

  Invoice(String customer, String id) {
    this.customer = customer;
    this.id = id;
  }
}
