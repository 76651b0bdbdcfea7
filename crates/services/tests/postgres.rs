//! PostgreSQL with a standby, as tests of many nodes use it.

use ossicle_services::postgres::{Postgres, Setup, found};

#[test]
fn a_standby_has_what_was_committed_when_the_primary_is_lost_again_and_again() {
    if !found() {
        return;
    }
    let postgres = Postgres::start(&Setup { standby: true, ..Setup::default() }).unwrap();
    postgres.execute("CREATE TABLE kept (number int)").unwrap();
    for number in 1..=2 {
        let (primary, standby) = (postgres.port(), postgres.standby_port().unwrap());
        postgres.execute(&format!("INSERT INTO kept VALUES ({number})")).unwrap();
        postgres.promote_standby().unwrap();
        assert_eq!((postgres.port(), postgres.standby_port()), (standby, None));
        assert_eq!(postgres.value("SELECT count(*) FROM kept").unwrap(), Some(number.to_string()));
        postgres.add_standby().unwrap();
        assert_eq!(postgres.standby_port(), Some(primary));
    }
}

#[test]
fn a_server_is_stopped_paused_and_started_again() {
    if !found() {
        return;
    }
    let postgres = Postgres::start(&Setup::default()).unwrap();
    let url = postgres.new_database().unwrap();
    assert!(url.ends_with(&format!("127.0.0.1:{}/database_0", postgres.port())), "{url}");
    postgres.execute("CREATE TABLE kept (number int)").unwrap();
    postgres.stop_immediate().unwrap();
    postgres.execute("SELECT 1").unwrap_err();
    postgres.start_again().unwrap();
    postgres.execute("INSERT INTO kept VALUES (7)").unwrap();
    postgres.pause().unwrap();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| postgres.value("SELECT number FROM kept"));
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!asked.is_finished(), "a paused server answers");
        postgres.resume().unwrap();
        assert_eq!(asked.join().unwrap().unwrap().as_deref(), Some("7"));
    });
}
