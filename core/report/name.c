/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* name.c: identities, file names and the back-off: pure. */
#include <metergate.h>

#include "report.h"

#include <string.h>

#define HASH_CHARS    8
#define FIRST_BACKOFF (5 * G_USEC_PER_SEC)
#define LAST_BACKOFF  (900 * (gint64) G_USEC_PER_SEC)
#define MS_PER_SECOND 1000

/* the part's name up to its extension; 0 when it has none */
static gsize report_stem (const char *part)
{
    const char *dot = strrchr (part, '.');

    return dot != NULL && dot != part && dot[1] != '\0' ? (gsize) (dot - part) : strlen (part);
}

char *report_identity (const char *gateway, const char *report, gint64 first_seq, gint64 last_seq, const char *sha256,
                       const char *part)
{
    return g_strdup_printf ("%s-%s-%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "-%.*s%s%.*s", gateway, report, first_seq,
                            last_seq, HASH_CHARS, sha256, part != NULL ? "-" : "",
                            part != NULL ? (int) report_stem (part) : 0, part != NULL ? part : "");
}

char *report_file_name (gint64 due_ms, const char *identity, const char *part, const char *extension)
{
    g_autoptr (GDateTime) due = g_date_time_new_from_unix_utc (due_ms / MS_PER_SECOND);
    g_autofree char *folder = due != NULL ? g_date_time_format (due, "%Y/%m") : g_strdup ("1970/01");

    if (part != NULL && part[report_stem (part)] == '.')
        extension = part + report_stem (part) + 1;
    if (extension == NULL || *extension == '\0')
        return g_strdup_printf ("%s/%s", folder, identity);
    return g_strdup_printf ("%s/%s.%s", folder, identity, extension);
}

gint64 report_backoff_us (guint failures, guint32 random)
{
    gint64 most = failures < 8 ? MIN ((gint64) FIRST_BACKOFF << failures, LAST_BACKOFF) : LAST_BACKOFF;

    return (gint64) (((guint64) most * random) >> 32);
}
