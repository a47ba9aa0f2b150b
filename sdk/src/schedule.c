/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * schedule.c: due times: multiples of an interval in UTC, or civil times of a zone.
 *
 * A civil due time L fires at the first moment at which the zone's clock shows L or later: so a time that a clock
 * change skips fires when the clock goes on, and one that comes twice fires the first time only.
 */
#include <metergate.h>
#include <host/mgh-config.h>

#include "setting.h"

#include <string.h>

#define DAY_S    G_GINT64_CONSTANT (86400)
#define FIRST_MS G_GINT64_CONSTANT (-62135596800000) /* year 1 */
#define LAST_MS  G_GINT64_CONSTANT (253370764800000) /* year 9999 */

typedef enum {
    SCHEDULE_INTERVAL,
    SCHEDULE_DAILY,
    SCHEDULE_WEEKLY,
    SCHEDULE_MONTHLY,
    SCHEDULE_QUARTERLY,
    SCHEDULE_YEARLY
} ScheduleKind;

struct _MghSchedule {
    ScheduleKind kind;
    GTimeZone *zone;
    gint64 interval_ms; /* of INTERVAL; else the shortest distance */
    gint weekday;       /* 0: Monday */
    gint month;         /* 1..12, or 1..3 of a quarter */
    gint day;           /* 1..31; a month that is shorter has it on its last day */
    gint64 time_s;      /* since midnight, by the clock */
};

static const char expected[] =
    "expected 15s, 15min, 2h, daily 01:00, weekly mon 01:00, monthly 1 00:15, quarterly 1/1 00:15 "
    "or yearly 01-01 00:15";

/* ---- civil dates (proleptic Gregorian), as days since 1970-01-01 */

static gint64 floor_div (gint64 a, gint64 b)
{
    return a / b - (a % b < 0);
}

/* Years that begin in March have their leap day at the end, and months of 153 days in five. */
static gint64 days_from_civil (gint64 year, gint month, gint day)
{
    gint64 y = month <= 2 ? year - 1 : year;
    gint64 era = floor_div (y, 400), year_of_era = y - era * 400;
    gint64 day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void civil_from_days (gint64 days, gint64 *year, gint *month)
{
    gint64 shifted = days + 719468, era = floor_div (shifted, 146097), day_of_era = shifted - era * 146097;
    gint64 year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    gint march_month = (gint) ((5 * day_of_year + 2) / 153);

    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static gint days_in_month (gint64 year, gint month)
{
    gint64 next = month == 12 ? days_from_civil (year + 1, 1, 1) : days_from_civil (year, month + 1, 1);

    return (gint) (next - days_from_civil (year, month, 1));
}

/* ---- the zone's clock */

static gint64 zone_offset_s (GTimeZone *zone, gint64 utc_s)
{
    return g_time_zone_get_offset (zone, g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, utc_s));
}

/* The first second at which the clock shows `local_s` (seconds since 1970-01-01 00:00 of the clock) or later. */
static gint64 zone_first_moment (GTimeZone *zone, gint64 local_s)
{
    /* no offset and no change of one is larger than a day, and no two changes come within four */
    gint64 before = zone_offset_s (zone, local_s - 2 * DAY_S), after = zone_offset_s (zone, local_s + 2 * DAY_S);
    gint64 low = local_s - MAX (before, after), high = local_s - MIN (before, after);

    if (zone_offset_s (zone, low) + low == local_s)
        return low;
    if (before > after)
        return high; /* the clock is set back, this time is after it */
    /* set forward: this time is before the change or skipped by it; from the change on the clock shows more */
    while (high - low > 1) {
        gint64 middle = low + (high - low) / 2;

        if (zone_offset_s (zone, middle) + middle >= local_s)
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* ---- occurrences: each calendar schedule numbers its own, rising with time */

static gint64 month_day (const MghSchedule *s, gint64 year, gint month)
{
    return days_from_civil (year, month, MIN (s->day, days_in_month (year, month)));
}

static gint64 occurrence_day (const MghSchedule *s, gint64 k)
{
    switch (s->kind) {
    case SCHEDULE_WEEKLY:
        return k * 7 + s->weekday - 3; /* day 0 was a Thursday */
    case SCHEDULE_MONTHLY:
        return month_day (s, floor_div (k, 12), (gint) (k - floor_div (k, 12) * 12) + 1);
    case SCHEDULE_QUARTERLY:
        return month_day (s, floor_div (k, 4), (gint) (k - floor_div (k, 4) * 4) * 3 + s->month);
    case SCHEDULE_YEARLY:
        return month_day (s, k, s->month);
    default:
        return k;
    }
}

static gint64 occurrence_of_day (const MghSchedule *s, gint64 day)
{
    gint64 year;
    gint month;

    civil_from_days (day, &year, &month);
    switch (s->kind) {
    case SCHEDULE_WEEKLY:
        return floor_div (day + 3, 7);
    case SCHEDULE_MONTHLY:
        return year * 12 + month - 1;
    case SCHEDULE_QUARTERLY:
        return year * 4 + (month - 1) / 3;
    case SCHEDULE_YEARLY:
        return year;
    default:
        return day;
    }
}

static gint64 occurrence_ms (const MghSchedule *s, gint64 k)
{
    return zone_first_moment (s->zone, occurrence_day (s, k) * DAY_S + s->time_s) * 1000;
}

gint64 mgh_schedule_next (const MghSchedule *s, gint64 after_utc_ms)
{
    gint64 after = CLAMP (after_utc_ms, FIRST_MS, LAST_MS), k, ms;

    if (s->kind == SCHEDULE_INTERVAL)
        return (floor_div (after, s->interval_ms) + 1) * s->interval_ms;
    /* no zone is further than a day from UTC */
    k = occurrence_of_day (s, floor_div (after, DAY_S * 1000) - 2);
    while ((ms = occurrence_ms (s, k)) <= after)
        k++;
    return ms;
}

gint64 mgh_schedule_previous (const MghSchedule *s, gint64 utc_ms)
{
    gint64 at = CLAMP (utc_ms, FIRST_MS, LAST_MS), k, ms;

    if (s->kind == SCHEDULE_INTERVAL)
        return floor_div (at, s->interval_ms) * s->interval_ms;
    k = occurrence_of_day (s, floor_div (at, DAY_S * 1000) + 2);
    while ((ms = occurrence_ms (s, k)) > at)
        k--;
    return ms;
}

gint64 mgh_schedule_get_interval_ms (const MghSchedule *s)
{
    return s->interval_ms;
}

/* By looking: two years have each clock change, nine each sequence of short months and leap days. */
static gint64 schedule_measure (const MghSchedule *s)
{
    gint years = s->kind == SCHEDULE_DAILY || s->kind == SCHEDULE_WEEKLY ? 2 : 9;
    gint64 first = occurrence_of_day (s, days_from_civil (2023, 1, 1));
    gint64 last = occurrence_of_day (s, days_from_civil (2023 + years, 1, 1));
    gint64 shortest = G_MAXINT64, before = occurrence_ms (s, first);

    for (gint64 k = first + 1; k <= last; k++) {
        gint64 ms = occurrence_ms (s, k);

        if (ms > before)
            shortest = MIN (shortest, ms - before);
        before = ms;
    }
    return shortest;
}

/* ---- texts */

/* A number of at most `digits` digits; moves *text past it. */
static gboolean read_number (const char **text, guint digits, gint *number)
{
    guint n = 0;

    for (*number = 0; g_ascii_isdigit (**text) && n < digits; (*text)++, n++)
        *number = *number * 10 + (**text - '0');
    return n > 0 && !g_ascii_isdigit (**text);
}

static gboolean read_sign (const char **text, char sign)
{
    if (**text != sign)
        return FALSE;
    (*text)++;
    return TRUE;
}

static gboolean read_time (const char *text, gint64 *time_s)
{
    gint hour, minute;

    if (!read_number (&text, 2, &hour) || !read_sign (&text, ':') || !read_number (&text, 2, &minute) ||
        *text != '\0' || hour > 23 || minute > 59)
        return FALSE;
    *time_s = hour * 3600 + minute * 60;
    return TRUE;
}

/* The word between the kind and the time. 2024 is a leap year, so that each date that ever comes is taken. */
static gboolean read_date (MghSchedule *s, const char *text)
{
    static const char *const weekdays[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };

    switch (s->kind) {
    case SCHEDULE_WEEKLY:
        while (weekdays[s->weekday] != NULL && strcmp (weekdays[s->weekday], text) != 0)
            s->weekday++;
        return weekdays[s->weekday] != NULL;
    case SCHEDULE_MONTHLY:
        return read_number (&text, 2, &s->day) && *text == '\0' && s->day >= 1 && s->day <= 31;
    case SCHEDULE_QUARTERLY:
        return read_number (&text, 1, &s->month) && read_sign (&text, '/') && read_number (&text, 2, &s->day) &&
               *text == '\0' && s->month >= 1 && s->month <= 3 && s->day >= 1 && s->day <= 31;
    default:
        return read_number (&text, 2, &s->month) && read_sign (&text, '-') && read_number (&text, 2, &s->day) &&
               *text == '\0' && s->month >= 1 && s->month <= 12 && s->day >= 1 &&
               s->day <= days_in_month (2024, s->month);
    }
}

static gboolean read_interval (MghSchedule *s, const char *text)
{
    static const struct {
        const char *nick;
        gint64 ms;
    } units[] = { { "s", 1000 }, { "min", 60000 }, { "h", 3600000 } };
    gint number;

    if (!read_number (&text, 5, &number))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
        if (strcmp (text, units[i].nick) == 0)
            s->interval_ms = number * units[i].ms;
    }
    return s->interval_ms >= 1000 && s->interval_ms <= DAY_S * 1000;
}

static gboolean schedule_read (MghSchedule *s, const char *text)
{
    static const char *const kinds[] = { NULL, "daily", "weekly", "monthly", "quarterly", "yearly" };
    g_auto (GStrv) words = g_strsplit (text, " ", 4);
    guint n = g_strv_length (words);

    for (guint kind = SCHEDULE_DAILY; kind < G_N_ELEMENTS (kinds); kind++) {
        if (n == 0 || strcmp (words[0], kinds[kind]) != 0)
            continue;
        s->kind = kind;
        if (kind == SCHEDULE_DAILY)
            return n == 2 && read_time (words[1], &s->time_s);
        return n == 3 && read_date (s, words[1]) && read_time (words[2], &s->time_s);
    }
    return n == 1 && read_interval (s, words[0]);
}

MghSchedule *mgh_schedule_parse (const char *text, GTimeZone *zone, GError **error)
{
    g_autoptr (MghSchedule) s = g_new0 (MghSchedule, 1);

    s->zone = zone != NULL ? g_time_zone_ref (zone) : g_time_zone_new_utc ();
    if (!schedule_read (s, text)) {
        g_autofree char *quoted = setting_text_quote (text);
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: %s", quoted, expected);
        return NULL;
    }
    if (s->kind != SCHEDULE_INTERVAL)
        s->interval_ms = schedule_measure (s);
    return g_steal_pointer (&s);
}

void mgh_schedule_free (MghSchedule *s)
{
    g_time_zone_unref (s->zone);
    g_free (s);
}
