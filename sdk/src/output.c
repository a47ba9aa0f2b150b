/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* output.c: what formats write to, and what transports deliver. */
#include <metergate.h>

#include <host/mgh-output.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define OUTPUT_BUFFER_BYTES 16384
#define MS_PER_SECOND       1000
#define SECONDS_PER_DAY     86400
/* every change of an offset since then is at a full quarter of an hour of UTC, so one look-up holds for the quarter */
#define QUARTER_SECONDS 900
#define JULIAN_OF_1970  719163    /* GDate counts days from 0001-01-01 */
#define QUARTERS_FROM   315532800 /* 1980-01-01 */
/* the years that GDateTime can show, 1..9999 */
#define FIRST_SECOND G_GINT64_CONSTANT (-62135596800)
#define LAST_SECOND  G_GINT64_CONSTANT (253402300799)

struct _MgOutput {
    const MghOutputOps *ops;
    gpointer owner;
    char *report;
    gint64 created_ms;
    GTimeZone *zone;
    const MgMeter *const *meters;
    guint n_meters;
    const MgSelector *selector;
    GError *error;  /* the first failure */
    gint64 quarter; /* the quarter hour that `offset` is of */
    gint32 offset_seconds;
    gsize used;
    char buffer[OUTPUT_BUFFER_BYTES];
};

static void output_send (MgOutput *out, const void *bytes, gsize len)
{
    if (out->error == NULL && len > 0)
        if (!out->ops->write (out->owner, bytes, len, &out->error) && out->error == NULL)
            g_set_error_literal (&out->error, MG_ERROR, MG_ERROR_INTERNAL, "output: a write failed without saying why");
}

static void output_empty (MgOutput *out)
{
    output_send (out, out->buffer, out->used);
    out->used = 0;
}

void mg_output_write (MgOutput *out, const void *bytes, gsize len)
{
    if (G_UNLIKELY (len > sizeof out->buffer - out->used)) {
        output_empty (out);
        if (len >= sizeof out->buffer) {
            output_send (out, bytes, len);
            return;
        }
    }
    if (G_LIKELY (len > 0))
        memcpy (out->buffer + out->used, bytes, len);
    out->used += len;
}

void mg_output_puts (MgOutput *out, const char *text)
{
    if (text != NULL)
        mg_output_write (out, text, strlen (text));
}

static locale_t output_c_locale (void)
{
    static gsize once;

    if (g_once_init_enter (&once))
        g_once_init_leave (&once, (gsize) newlocale (LC_ALL_MASK, "C", (locale_t) 0));
    return (locale_t) once;
}

void mg_output_printf (MgOutput *out, const char *fmt, ...)
{
    locale_t before = uselocale (output_c_locale ());
    g_autofree char *text = NULL;
    va_list args;

    va_start (args, fmt);
    text = g_strdup_vprintf (fmt, args);
    va_end (args);
    uselocale (before);
    mg_output_puts (out, text);
}

static gboolean output_part_name_good (const char *name)
{
    gsize len = strlen (name);

    if (len < 1 || len > 64 || name[0] == '.')
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum (name[i]) && strchr ("_.-", name[i]) == NULL)
            return FALSE;
    return TRUE;
}

void mg_output_part (MgOutput *out, const char *name, const char *content_type)
{
    output_empty (out);
    if (out->error != NULL)
        return;
    if (name != NULL && !output_part_name_good (name))
        g_set_error (&out->error, MG_ERROR, MG_ERROR_RANGE,
                     "output: part name '%s': expected 1 to 64 of letters, digits, '_', '.', '-', no dot first", name);
    else if (out->ops->part == NULL)
        g_set_error_literal (&out->error, MG_ERROR, MG_ERROR_UNSUPPORTED, "output: this receiver takes one part only");
    else
        out->ops->part (out->owner, name, content_type);
}

static gint64 floor_divide (gint64 value, gint64 by)
{
    return value / by - (value % by < 0);
}

static gint32 output_offset (MgOutput *out, gint64 second)
{
    gint64 quarter = second >= QUARTERS_FROM ? second / QUARTER_SECONDS : G_MININT64;

    if (quarter == G_MININT64 || quarter != out->quarter) {
        gint interval = g_time_zone_find_interval (out->zone, G_TIME_TYPE_UNIVERSAL, second);

        out->offset_seconds = g_time_zone_get_offset (out->zone, MAX (interval, 0));
        out->quarter = quarter;
    }
    return out->offset_seconds;
}

static char *output_digits (char *at, guint value, guint width)
{
    for (guint i = width; i > 0; i--, value /= 10)
        at[i - 1] = (char) ('0' + value % 10);
    return at + width;
}

typedef struct {
    guint year, month, day, hour, minute, second;
} OutputFace;

static OutputFace output_face (gint64 local_second)
{
    gint64 days = floor_divide (local_second, SECONDS_PER_DAY);
    guint rest = (guint) (local_second - days * SECONDS_PER_DAY);
    GDate date;

    g_date_clear (&date, 1);
    g_date_set_julian (&date, (guint32) (days + JULIAN_OF_1970));
    return (OutputFace){ .year = g_date_get_year (&date),
                         .month = g_date_get_month (&date),
                         .day = g_date_get_day (&date),
                         .hour = rest / 3600,
                         .minute = rest / 60 % 60,
                         .second = rest % 60 };
}

/* FALSE: the format has something that only GDateTime knows */
static gboolean output_time_fast (MgOutput *out, const OutputFace *face, const char *fmt)
{
    char text[128], *at = text;

    for (; *fmt != '\0'; fmt++) {
        if (at > text + sizeof text - 16)
            return FALSE;
        if (*fmt != '%') {
            *at++ = *fmt;
            continue;
        }
        switch (*++fmt) {
        case 'Y':
            at = output_digits (at, face->year, 4);
            break;
        case 'm':
            at = output_digits (at, face->month, 2);
            break;
        case 'd':
            at = output_digits (at, face->day, 2);
            break;
        case 'H':
            at = output_digits (at, face->hour, 2);
            break;
        case 'M':
            at = output_digits (at, face->minute, 2);
            break;
        case 'S':
            at = output_digits (at, face->second, 2);
            break;
        case 'F':
            at = output_digits (at, face->year, 4);
            *at++ = '-';
            at = output_digits (at, face->month, 2);
            *at++ = '-';
            at = output_digits (at, face->day, 2);
            break;
        case 'T':
            at = output_digits (at, face->hour, 2);
            *at++ = ':';
            at = output_digits (at, face->minute, 2);
            *at++ = ':';
            at = output_digits (at, face->second, 2);
            break;
        default:
            return FALSE;
        }
    }
    mg_output_write (out, text, (gsize) (at - text));
    return TRUE;
}

void mg_output_time (MgOutput *out, gint64 utc_ms, const char *fmt)
{
    gint64 second = floor_divide (utc_ms, MS_PER_SECOND);

    if (second < FIRST_SECOND + SECONDS_PER_DAY || second > LAST_SECOND - SECONDS_PER_DAY)
        return;
    OutputFace face = output_face (second + output_offset (out, second));
    if (output_time_fast (out, &face, fmt))
        return;
    g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (second);
    g_autoptr (GDateTime) exact = g_date_time_add (utc, (utc_ms - second * MS_PER_SECOND) * 1000);
    g_autoptr (GDateTime) local = g_date_time_to_timezone (exact, out->zone);
    g_autofree char *text = local != NULL ? g_date_time_format (local, fmt) : NULL;
    mg_output_puts (out, text);
}

gboolean mg_output_clock (MgOutput *out, MgValue face, gint64 *utc_ms)
{
    gint64 second = face.v.number;

    *utc_ms = 0;
    if (face.type != MG_VALUE_TIME || (face.flags & MG_TIME_INVALID) != 0 || second < FIRST_SECOND + SECONDS_PER_DAY ||
        second > LAST_SECOND - SECONDS_PER_DAY)
        return FALSE;
    if ((face.flags & MG_TIME_UTC) == 0) {
        GTimeType type = (face.flags & MG_TIME_SUMMER) != 0 ? G_TIME_TYPE_DAYLIGHT : G_TIME_TYPE_STANDARD;
        /* in the hour that is left out, this moves the face on to the first that exists */
        gint interval = g_time_zone_adjust_time (out->zone, type, &second);

        second -= g_time_zone_get_offset (out->zone, MAX (interval, 0));
    }
    *utc_ms = second * MS_PER_SECOND;
    return TRUE;
}

const char *mg_output_get_report (MgOutput *out)
{
    return out->report;
}

gint64 mg_output_get_created_ms (MgOutput *out)
{
    return out->created_ms;
}

guint mg_output_get_meters (MgOutput *out, const MgMeter *const **meters)
{
    *meters = out->meters;
    return out->n_meters;
}

gboolean mg_output_selects (MgOutput *out, const MgMeter *meter, const MgPoint *point)
{
    return out->selector == NULL || mg_selector_matches (out->selector, meter, point);
}

MgOutput *mgh_output_new (const MghOutputInfo *info)
{
    MgOutput *out = g_new (MgOutput, 1);

    memset (out, 0, G_STRUCT_OFFSET (MgOutput, buffer)); /* the buffer needs none */
    out->ops = info->ops;
    out->owner = info->owner;
    out->report = g_strdup (info->report != NULL ? info->report : "");
    out->created_ms = info->created_ms;
    out->zone = info->zone != NULL ? g_time_zone_ref (info->zone) : g_time_zone_new_utc ();
    out->meters = info->meters;
    out->n_meters = info->n_meters;
    out->selector = info->selector;
    out->quarter = G_MININT64;
    return out;
}

void mgh_output_free (MgOutput *out)
{
    g_free (out->report);
    g_time_zone_unref (out->zone);
    g_clear_error (&out->error);
    g_free (out);
}

gboolean mgh_output_flush (MgOutput *out, GError **error)
{
    output_empty (out);
    if (out->error == NULL)
        return TRUE;
    if (error != NULL)
        *error = g_error_copy (out->error);
    return FALSE;
}

struct _MgDelivery {
    char *name, *path, *content_type, *identity, *report;
    GInputStream *stream;
    guint64 size;
    guint attempt;
    const MgMeter *meter;
    guint32 verdict;
    gint64 retry_after_us;
};

GInputStream *mg_delivery_get_stream (MgDelivery *d)
{
    return d->stream;
}

guint64 mg_delivery_get_size (MgDelivery *d)
{
    return d->size;
}

const char *mg_delivery_get_path (MgDelivery *d)
{
    return d->path;
}

const char *mg_delivery_get_name (MgDelivery *d)
{
    return d->name;
}

const char *mg_delivery_get_content_type (MgDelivery *d)
{
    return d->content_type;
}

const char *mg_delivery_get_identity (MgDelivery *d)
{
    return d->identity;
}

const char *mg_delivery_get_report (MgDelivery *d)
{
    return d->report;
}

guint mg_delivery_get_attempt (MgDelivery *d)
{
    return d->attempt;
}

const MgMeter *mg_delivery_get_meter (MgDelivery *d)
{
    return d->meter;
}

void mg_delivery_set_verdict (MgDelivery *d, guint32 verdict, gint64 retry_after_us)
{
    d->verdict = verdict;
    d->retry_after_us = MAX (retry_after_us, 0);
}

guint32 mgh_delivery_get_verdict (MgDelivery *d, gint64 *retry_after_us)
{
    if (retry_after_us != NULL)
        *retry_after_us = d->retry_after_us;
    return d->verdict;
}

static gboolean delivery_open (MgDelivery *d, const MghDeliveryInfo *info, GError **error)
{
    if (info->path == NULL) {
        d->size = info->bytes != NULL ? g_bytes_get_size (info->bytes) : 0;
        d->stream =
            info->bytes != NULL ? g_memory_input_stream_new_from_bytes (info->bytes) : g_memory_input_stream_new ();
        return TRUE;
    }
    g_autoptr (GFile) file = g_file_new_for_path (info->path);
    struct stat status;

    if (stat (info->path, &status) != 0) {
        g_set_error (error, MG_ERROR, MG_ERROR_IO, "%s: %s", info->path, g_strerror (errno));
        return FALSE;
    }
    d->size = (guint64) status.st_size;
    d->stream = (GInputStream *) g_file_read (file, NULL, error);
    return d->stream != NULL;
}

MgDelivery *mgh_delivery_new (const MghDeliveryInfo *info, GError **error)
{
    g_autoptr (MgDelivery) d = g_new0 (MgDelivery, 1);

    d->name = g_strdup (info->name);
    d->path = g_strdup (info->path);
    d->content_type = g_strdup (info->content_type);
    d->identity = g_strdup (info->identity);
    d->report = g_strdup (info->report);
    d->attempt = info->attempt;
    d->meter = info->meter;
    return delivery_open (d, info, error) ? g_steal_pointer (&d) : NULL;
}

void mgh_delivery_free (MgDelivery *d)
{
    g_free (d->name);
    g_free (d->path);
    g_free (d->content_type);
    g_free (d->identity);
    g_free (d->report);
    g_clear_object (&d->stream);
    g_free (d);
}
