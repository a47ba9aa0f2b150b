/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* schedule.c: due times against a table of Python's, against a clock watched minute by minute, and over 200 years. */
#include <metergate.h>
#include <host/mgh-config.h>

#include <string.h>

static const char *golden_path;

static MghSchedule *parse (const char *text, const char *zone_name)
{
    g_autoptr (GTimeZone) zone = zone_name != NULL ? g_time_zone_new_identifier (zone_name) : NULL;
    g_autoptr (GError) error = NULL;
    MghSchedule *schedule;

    g_assert_true (zone_name == NULL || zone != NULL);
    schedule = mgh_schedule_parse (text, zone, &error);
    g_assert_no_error (error);
    return schedule;
}

static gint64 utc_ms (const char *iso)
{
    g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
    g_autoptr (GDateTime) moment = g_date_time_new_from_iso8601 (iso, utc);

    g_assert_nonnull (moment);
    return g_date_time_to_unix (moment) * 1000;
}

static gboolean zones_are_here (void)
{
    g_autoptr (GTimeZone) zone = g_time_zone_new_identifier ("Europe/Berlin");

    if (zone == NULL)
        g_test_skip ("no time zone database here (tzdata)");
    return zone != NULL;
}

static void intervals_are_multiples_since_the_epoch (void)
{
    static const struct {
        const char *text;
        gint64 ms;
    } rows[] = { { "1s", 1000 },    { "15s", 15000 },    { "15min", 900000 },
                 { "2h", 7200000 }, { "24h", 86400000 }, { "90min", 5400000 } };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (MghSchedule) schedule = parse (rows[i].text, NULL);
        gint64 ms = rows[i].ms;

        g_assert_cmpint (mgh_schedule_get_interval_ms (schedule), ==, ms);
        g_assert_cmpint (mgh_schedule_next (schedule, 0), ==, ms);
        g_assert_cmpint (mgh_schedule_next (schedule, ms - 1), ==, ms);
        g_assert_cmpint (mgh_schedule_next (schedule, -1), ==, 0);
        g_assert_cmpint (mgh_schedule_previous (schedule, ms), ==, ms);
        g_assert_cmpint (mgh_schedule_previous (schedule, ms - 1), ==, 0);
        g_assert_cmpint (mgh_schedule_previous (schedule, -1), ==, -ms);
        g_assert_cmpint (mgh_schedule_next (schedule, G_MAXINT64), >, 0);
        g_assert_cmpint (mgh_schedule_previous (schedule, G_MININT64), <, 0);
    }
}

static void local_days_have_92_and_100_quarter_hours (void)
{
    static const struct {
        const char *from, *to;
        guint slots;
    } days[] = { { "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 92 },
                 { "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 100 } };
    g_autoptr (MghSchedule) slots = NULL, daily = NULL;

    if (!zones_are_here ())
        return;
    slots = parse ("15min", "Europe/Berlin");
    daily = parse ("daily 00:00", "Europe/Berlin");
    for (guint i = 0; i < G_N_ELEMENTS (days); i++) {
        gint64 from = utc_ms (days[i].from), to = utc_ms (days[i].to);
        guint n = 0;

        g_assert_cmpint (mgh_schedule_next (daily, from), ==, to);
        for (gint64 at = from; at < to; at = mgh_schedule_next (slots, at))
            n++;
        g_assert_cmpuint (n, ==, days[i].slots);
    }
}

static void due_times_are_those_of_the_table (void)
{
    g_autofree char *text = NULL;
    g_auto (GStrv) lines = NULL;
    guint n = 0;

    if (!zones_are_here ())
        return;
    g_assert_true (g_file_get_contents (golden_path, &text, NULL, NULL));
    lines = g_strsplit (text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto (GStrv) columns = g_strsplit (lines[i], "\t", -1);
        g_autoptr (MghSchedule) schedule = NULL;
        gint64 at;

        if (g_strv_length (columns) != 5)
            continue;
        schedule = parse (columns[1], columns[0]);
        at = g_ascii_strtoll (columns[2], NULL, 10) * 1000;
        if (mgh_schedule_next (schedule, at) != g_ascii_strtoll (columns[3], NULL, 10) * 1000 ||
            mgh_schedule_previous (schedule, at) != g_ascii_strtoll (columns[4], NULL, 10) * 1000)
            g_error ("%s: next is %" G_GINT64_FORMAT ", previous is %" G_GINT64_FORMAT, lines[i],
                     mgh_schedule_next (schedule, at) / 1000, mgh_schedule_previous (schedule, at) / 1000);
        n++;
    }
    g_assert_cmpuint (n, >, 1000);
}

/* seconds that the zone's clock shows, by GDateTime, which shares nothing with schedule.c */
static gint64 clock_s (GTimeZone *zone, gint64 utc_s)
{
    g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (utc_s);
    g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, zone);

    return utc_s + g_date_time_get_utc_offset (local) / G_USEC_PER_SEC;
}

/* Watches the clock for four days around each change of a year, and notes when it first shows each day's time or later.
 */
static void watch_clock (const char *zone_name, const char *from, gint minute_of_day)
{
    g_autofree char *text = g_strdup_printf ("daily %02d:%02d", minute_of_day / 60, minute_of_day % 60);
    g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (zone_name);
    g_autoptr (MghSchedule) schedule = parse (text, zone_name);
    gint64 start = utc_ms (from) / 1000, day = clock_s (zone, start) / 86400 + 1,
           expected = mgh_schedule_next (schedule, start * 1000);

    for (gint64 at = start; at < start + 4 * 86400; at += 60) {
        if (clock_s (zone, at) < day * 86400 + minute_of_day * 60)
            continue;
        while (expected < at * 1000 && expected / 1000 < start + 86400 / 2)
            expected = mgh_schedule_next (schedule, expected); /* of the day in which the watch began */
        g_assert_cmpint (expected, ==, at * 1000);
        g_assert_cmpint (mgh_schedule_previous (schedule, at * 1000), ==, at * 1000);
        g_assert_cmpint (mgh_schedule_previous (schedule, at * 1000 - 1), <, at * 1000);
        expected = mgh_schedule_next (schedule, at * 1000);
        day++;
    }
}

static void each_local_time_fires_once_when_the_clock_first_shows_it (void)
{
    static const char *const rows[][2] = {
        { "Europe/Berlin", "2026-03-27T12:00:00Z" },    { "Europe/Berlin", "2026-10-23T12:00:00Z" },
        { "Atlantic/Azores", "2026-03-27T12:00:00Z" },  { "Atlantic/Azores", "2026-10-23T12:00:00Z" },
        { "Australia/Sydney", "2026-04-03T12:00:00Z" }, { "Australia/Sydney", "2026-10-02T12:00:00Z" },
    };

    if (!zones_are_here ())
        return;
    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        for (gint minute = 0; minute < 300; minute += 15)
            watch_clock (rows[i][0], rows[i][1], minute);
    }
}

static void two_centuries_have_no_double_and_no_gap (void)
{
    static const char *const texts[] = { "daily 02:30", "weekly sun 02:30", "monthly 31 02:30", "quarterly 2/31 02:30",
                                         "yearly 02-29 02:30" };
    static const gint64 longest_h[] = { 25, 7 * 24 + 1, 31 * 24 + 1, 92 * 24 + 1, 366 * 24 + 1 };
    static const gint64 shortest_h[] = { 23, 7 * 24 - 1, 28 * 24 - 1, 90 * 24 - 1, 365 * 24 - 1 };
    gint64 end = utc_ms ("2170-01-01T00:00:00Z");

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (MghSchedule) schedule = parse (texts[i], "CET-1CEST,M3.5.0,M10.5.0/3");
        gint64 at = mgh_schedule_next (schedule, utc_ms ("1970-01-01T00:00:00Z"));

        while (at < end) {
            gint64 next = mgh_schedule_next (schedule, at);

            g_assert_cmpint (next - at, <=, longest_h[i] * 3600000);
            g_assert_cmpint (next - at, >=, shortest_h[i] * 3600000);
            g_assert_cmpint (mgh_schedule_previous (schedule, next - 1), ==, at);
            g_assert_cmpint (next - at, >=, mgh_schedule_get_interval_ms (schedule));
            at = next;
        }
    }
}

static void short_months_have_their_last_day (void)
{
    static const char *const rows[][3] = {
        { "monthly 31 00:00", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z" },
        { "monthly 31 00:00", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z" },
        { "monthly 30 00:00", "2100-02-01T00:00:00Z", "2100-02-28T00:00:00Z" },
        { "monthly 31 00:00", "2026-04-01T00:00:00Z", "2026-04-30T00:00:00Z" },
        { "quarterly 2/31 00:00", "2026-01-01T00:00:00Z", "2026-02-28T00:00:00Z" },
        { "quarterly 2/31 00:00", "2026-02-28T00:00:00Z", "2026-05-31T00:00:00Z" },
        { "quarterly 3/1 00:00", "2026-12-01T00:00:00Z", "2027-03-01T00:00:00Z" },
        { "yearly 02-29 12:00", "2026-01-01T00:00:00Z", "2026-02-28T12:00:00Z" },
        { "yearly 02-29 12:00", "2028-01-01T00:00:00Z", "2028-02-29T12:00:00Z" },
        { "weekly sun 23:59", "2026-11-20T00:00:00Z", "2026-11-22T23:59:00Z" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (MghSchedule) schedule = parse (rows[i][0], NULL);

        g_assert_cmpint (mgh_schedule_next (schedule, utc_ms (rows[i][1])), ==, utc_ms (rows[i][2]));
    }
}

static void the_shortest_distance_knows_short_months_and_clock_changes (void)
{
    static const struct {
        const char *text, *zone;
        gint64 hours;
    } rows[] = {
        { "daily 01:00", NULL, 24 },
        { "daily 01:00", "CET-1CEST,M3.5.0,M10.5.0/3", 23 },
        { "weekly mon 01:00", NULL, 168 },
        { "monthly 1 00:15", NULL, 28 * 24 },
        { "monthly 31 00:15", NULL, 28 * 24 },
        { "quarterly 1/1 00:15", NULL, 90 * 24 },
        { "yearly 01-01 00:15", NULL, 365 * 24 },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_autoptr (MghSchedule) schedule = parse (rows[i].text, rows[i].zone);

        g_assert_cmpint (mgh_schedule_get_interval_ms (schedule), ==, rows[i].hours * 3600000);
    }
}

static void the_ends_of_time_are_survived (void)
{
    static const char *const texts[] = { "daily 00:00", "weekly sun 23:59", "monthly 31 00:00", "quarterly 3/31 00:00",
                                         "yearly 12-31 23:59" };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (MghSchedule) schedule = parse (texts[i], NULL);

        g_assert_cmpint (mgh_schedule_next (schedule, G_MININT64), >, utc_ms ("0001-01-01T00:00:00Z"));
        g_assert_cmpint (mgh_schedule_previous (schedule, G_MAXINT64), <=, utc_ms ("9999-01-01T00:00:00Z"));
        g_assert_cmpint (mgh_schedule_next (schedule, -1), >=, 0);
    }
}

static void what_is_no_schedule_is_refused_in_words (void)
{
    static const char *const texts[] = {
        "",
        "0s",
        "15",
        "15 min",
        "25h",
        "1d",
        "-1s",
        "15m",
        "daily",
        "daily 24:00",
        "daily 1:60",
        "daily 1",
        "daily 01:00 ",
        "weekly 01:00",
        "weekly tag 01:00",
        "weekly mon",
        "monthly 0 00:15",
        "monthly 32 00:15",
        "monthly 1 00:15 x",
        "quarterly 4/1 00:15",
        "quarterly 1-1 00:15",
        "quarterly 1/0 00:15",
        "yearly 13-01 00:15",
        "yearly 02-30 00:15",
        "yearly 04-31 00:15",
        "yearly 1/1 00:15",
        "hourly 00:15",
        "daily 001:00",
        "99999999999s",
        "daily\t01:00",
    };

    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autoptr (GError) error = NULL;

        if (mgh_schedule_parse (texts[i], NULL, &error) != NULL)
            g_error ("\"%s\" was taken", texts[i]);
        g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
        g_assert_nonnull (strstr (error->message, "expected 15s, 15min, 2h, daily 01:00"));
    }
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    golden_path = argv[1];
    g_test_add_func ("/schedule/intervals-are-multiples-since-the-epoch", intervals_are_multiples_since_the_epoch);
    g_test_add_func ("/schedule/local-days-have-92-and-100-quarter-hours", local_days_have_92_and_100_quarter_hours);
    g_test_add_func ("/schedule/due-times-are-those-of-the-table", due_times_are_those_of_the_table);
    g_test_add_func ("/schedule/each-local-time-fires-once", each_local_time_fires_once_when_the_clock_first_shows_it);
    g_test_add_func ("/schedule/two-centuries-have-no-double-and-no-gap", two_centuries_have_no_double_and_no_gap);
    g_test_add_func ("/schedule/short-months-have-their-last-day", short_months_have_their_last_day);
    g_test_add_func ("/schedule/the-shortest-distance", the_shortest_distance_knows_short_months_and_clock_changes);
    g_test_add_func ("/schedule/the-ends-of-time-are-survived", the_ends_of_time_are_survived);
    g_test_add_func ("/schedule/what-is-no-schedule-is-refused", what_is_no_schedule_is_refused_in_words);
    return g_test_run ();
}
