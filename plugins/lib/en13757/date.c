/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* date.c: types F, G, I and J of EN 13757-3, annex A: clock faces of unknown zone. */
#include <en13757/record.h>

#include "number.h"

/* Years of two digits: up to 80 they belong to this century, also where a century field of type F is still 0. */
static gint en_year (guint yy, guint hundreds)
{
    if (hundreds == 0 && yy <= 80)
        return 2000 + (gint) yy;
    return 1900 + 100 * (gint) hundreds + (gint) yy;
}

static gboolean en_day_exists (gint year, guint month, guint day)
{
    static const guint8 days[13] = { 0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    if (month < 1 || month > 12 || day < 1)
        return FALSE;
    return day <= days[month] || (month == 2 && day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* days since 1970-01-01: a year that begins in March has its leap day at the end */
static gint64 en_days (gint year, guint month, guint day)
{
    gint y = month <= 2 ? year - 1 : year;
    guint m = month <= 2 ? month + 9 : month - 3;

    return (gint64) y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719469;
}

static MgValue en_clock_face (gint64 seconds, guint flags)
{
    return (MgValue){ .type = MG_VALUE_TIME, .flags = (guint16) flags, .v = { .number = seconds } };
}

MgValue en_time (const guint8 *p, gsize len)
{
    const guint8 *date = len == 2 ? p : p + (len == 6 ? 3 : 2);
    guint second = 0, minute, hour, hundreds = 0, flags = 0, day, month, yy;
    gint year;

    if (len == 3) {
        second = p[0] & 0x3F, minute = p[1] & 0x3F, hour = p[2] & 0x1F;
        if (second > 59 || minute > 59 || hour > 23 || ((p[0] | p[1]) & 0xC0) != 0 || (p[2] & 0xE0) != 0)
            return en_unfit (p, len);
        return en_decimal (hour * 3600 + minute * 60 + second, 0);
    }
    if (len != 2 && len != 4 && len != 6)
        return en_unfit (p, len);
    day = date[0] & 0x1F, month = date[1] & 0x0F, yy = (guint) (date[0] >> 5 | (date[1] >> 1 & 0x78));
    if (yy > 99)
        return en_unfit (p, len);
    if (len == 2) {
        minute = hour = 0;
        flags = MG_TIME_DATE_ONLY;
    } else if (len == 4) {
        minute = p[0] & 0x3F, hour = p[1] & 0x1F, hundreds = p[1] >> 5 & 3;
        flags = MG_TIME_NO_SECONDS | (p[0] & 0x80 ? MG_TIME_INVALID : 0) |
                (p[1] & 0x80 ? MG_TIME_LOCAL | MG_TIME_SUMMER : 0);
    } else {
        second = p[0] & 0x3F, minute = p[1] & 0x3F, hour = p[2] & 0x1F;
        flags = (p[1] & 0x80 ? MG_TIME_INVALID : 0) | (p[0] & 0x40 ? MG_TIME_LOCAL | MG_TIME_SUMMER : 0);
    }
    year = en_year (yy, hundreds);
    if (second > 59 || minute > 59 || hour > 23 || !en_day_exists (year, month, day))
        return en_unfit (p, len);
    return en_clock_face (en_days (year, month, day) * 86400 + hour * 3600 + minute * 60 + second, flags);
}
