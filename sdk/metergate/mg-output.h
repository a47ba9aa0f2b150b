/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mg-output.h: outputs: a format makes bytes, a transport delivers them.
 *
 * A report run is: begin (), item () for each entry of the sequence that was selected, end (). What the format writes
 * is hashed and synced to disk as a frozen batch; only then is it given to the transport, attempt after attempt, with
 * the same bytes and the same identity, until the receiver says yes or the batch is given up. Formats and transports
 * know nothing of each other.
 */
#pragma once

#include <metergate/mg-model.h>

G_BEGIN_DECLS

/*
 * MgOutput: where a format writes. Every function here is called by the format, inside begin (), item () or end (), on
 * the thread of that call. Writes go into the open part and return nothing: the first failure is kept (disk full, say),
 * later writes do nothing, and the host ends the run with that error. A format therefore never checks a write.
 */

/*
 * mg_output_part:
 * Closes the open part and begins a new one, which becomes a batch (a file, a mail attachment, a message) of its own.
 * begin () finds a nameless part open, with the format's content type and extension; a part that nothing was written to
 * is left out.
 *
 * @name: of the part, appended to the file's name; 1..64 of [A-Za-z0-9_.-], not beginning with a dot, each used once a
 * run. With an extension ("daily.csv") it replaces the format's. NULL: nameless.
 * @content_type: a MIME type; NULL: the format's.
 */
void mg_output_part (MgOutput *out, const char *name, const char *content_type);

/* Writes `len` bytes. Small writes are cheap: they are collected in a buffer. */
void mg_output_write (MgOutput *out, const void *bytes, gsize len);

/* Writes a NUL-terminated text, without the NUL; NULL writes nothing. */
void mg_output_puts (MgOutput *out, const char *text);

/* Writes formatted text, in the C locale whatever the process runs in. Bulk writers are faster by hand. */
void mg_output_printf (MgOutput *out, const char *fmt, ...) G_GNUC_PRINTF (2, 3);

/*
 * mg_output_time:
 * Writes a time of the gateway's clock in the report's zone.
 *
 * @utc_ms: UTC milliseconds since 1970, as mg_readout_get_at_ms () gives them. What no calendar can show writes
 * nothing.
 * @fmt: as for g_date_time_format (). %Y %m %d %H %M %S %F %T are fast.
 */
void mg_output_time (MgOutput *out, gint64 utc_ms, const char *fmt);

/*
 * mg_output_clock:
 * A device's clock face as a point in time, for formats that must write Unix times. A face that says UTC is taken so;
 * any other is read in the report's zone (MG_TIME_SUMMER tells which of the two, in the hour that comes twice). That is
 * an assumption: a format that can write the face itself does so with mg_value_print ().
 *
 * Returns: FALSE when the value is no time, or MG_TIME_INVALID; then *utc_ms is 0.
 */
gboolean mg_output_clock (MgOutput *out, MgValue face, gint64 *utc_ms);

/* The report's name, as configured. */
const char *mg_output_get_report (MgOutput *out);

/* When this batch was made, UTC milliseconds. Frozen with it, and a format's only clock: the same when the batch is
 * made again. */
gint64 mg_output_get_created_ms (MgOutput *out);

/*
 * mg_output_get_meters:
 * The meters that will come, each of which has at least one item in this run, for headers and column widths.
 *
 * @meters: the host's; the meters live until end () has returned, and mg_item_get_meter () gives these very pointers. A
 * place whose device was exchanged within the run is in it once for each device. Returns: how many
 */
guint mg_output_get_meters (MgOutput *out, const MgMeter *const **meters);

/* Does the report select that point of that meter? `point` NULL: any point of it. */
gboolean mg_output_selects (MgOutput *out, const MgMeter *meter, const MgPoint *point);

/*
 * MgFormatOps: the functions of a format. Calls for one instance never overlap. A format does no I/O and asks no clock:
 * the same configuration and the same items make the same bytes. `item` is required, the others may be NULL.
 */
typedef struct {
    gsize struct_size;
    guint32 flags, reserved;
    MgTable settings;         /* MgSetting; they stand in the [report NAME] group */
    const char *content_type; /* of the part that begin () finds open: "text/csv; charset=utf-8" */
    const char *extension;    /* of its file name, without a dot: "csv" */

    /* One instance a run or a report, as the host likes; touches nothing outside. NULL with an error when settings
     * clash. */
    gpointer (*create) (MgHost *host, const MgConfig *config, GError **error);
    void (*destroy) (gpointer self);

    /* A new run: write what comes first, and forget an unfinished earlier run. */
    gboolean (*begin) (gpointer self, MgOutput *out, MgCall *call, GError **error);

    /* One entry: a readout, cut down to the selected readings, or (where the report has events) an event. In rising
     * sequence. */
    gboolean (*item) (gpointer self, const MgItem *item, MgOutput *out, MgCall *call, GError **error);

    /* What comes last. */
    gboolean (*end) (gpointer self, MgOutput *out, MgCall *call, GError **error);
} MgFormatOps;

/* What became of an attempt. */
typedef enum {
    MG_VERDICT_DELIVERED = 1, /* the receiver said yes */
    MG_VERDICT_AGAIN = 2,     /* later: no connection, disk full, server busy */
    MG_VERDICT_NEVER = 3      /* these bytes or this name will never be taken; set aside, the next batch goes on */
} MgVerdict;

/*
 * MgDelivery: one attempt to deliver one frozen batch. What the getters return lives until deliver () returns.
 */

/* The frozen bytes: seekable, at the start in each attempt. */
GInputStream *mg_delivery_get_stream (MgDelivery *d);

/* Their number. */
guint64 mg_delivery_get_size (MgDelivery *d);

/* The file that holds them, to be read only; NULL: they are in memory. */
const char *mg_delivery_get_path (MgDelivery *d);

/* The name for the receiver, relative, with slashes: "2026/11/GATEWAY-billing-17-42-0badcafe.csv". */
const char *mg_delivery_get_name (MgDelivery *d);

/* The MIME type of the bytes. */
const char *mg_delivery_get_content_type (MgDelivery *d);

/* `<gateway>-<report>-<first seq>-<last seq>-<8 hex of sha256>`: equal in all attempts, so that a receiver can drop
 * repeats; equal identity means equal bytes. */
const char *mg_delivery_get_identity (MgDelivery *d);

/* The report's name. */
const char *mg_delivery_get_report (MgDelivery *d);

/* 1 for the first attempt, counted over restarts; 0 for a test. */
guint mg_delivery_get_attempt (MgDelivery *d);

/* The meter that a message is about, where each meter has its own; else NULL. */
const MgMeter *mg_delivery_get_meter (MgDelivery *d);

/*
 * mg_delivery_set_verdict:
 * Says more than deliver ()'s TRUE or FALSE. The last one counts.
 *
 * @verdict: MgVerdict
 * @retry_after_us: with MG_VERDICT_AGAIN: not before this time has passed, as the receiver asked; 0: the host's
 * back-off
 */
void mg_delivery_set_verdict (MgDelivery *d, guint32 verdict, gint64 retry_after_us);

/*
 * MgTransportOps: the functions of a transport. Calls for one instance never overlap; they may block, and obey the
 * call's deadline and cancellable. `deliver` is required, the others may be NULL.
 */
typedef struct {
    gsize struct_size;
    guint32 flags, reserved;
    MgTable settings; /* MgSetting; they stand in the [report NAME] group */

    /* One instance a report; touches nothing outside. */
    gpointer (*create) (MgHost *host, const MgConfig *config, GError **error);
    void (*destroy) (gpointer self);

    /* Connects and logs in; alone, it is the first half of the Test button. close () only after an open () that
     * returned TRUE. */
    gboolean (*open) (gpointer self, MgCall *call, GError **error);
    void (*close) (gpointer self, MgCall *call);

    /* TRUE only once the receiver said yes. FALSE: again later, unless the verdict is NEVER; the error is the reason.
     */
    gboolean (*deliver) (gpointer self, MgDelivery *delivery, MgCall *call, GError **error);
} MgTransportOps;

G_END_DECLS
