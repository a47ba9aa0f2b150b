/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scan.c: finds meters on the bus: the settings of a scan, its exchanges, and the scan of primary addresses. */
#include <metergate.h>

#include "scan.h"

#include <string.h>

/* A network tells no byte time; the bus behind it gets this pause after a collision. */
#define SCAN_QUIET_US 20000

/* ---------------------------------------------------------------------------------------------------------- exchanges
 */

MbusScanOutcome mbus_scan_garbled (MbusScan *scan, MbusScanOutcome outcome, const char *message, GError **error)
{
    mg_call_step (scan->call, MG_STEP_FAILED, outcome == MBUS_SCAN_CHECKSUM ? "checksum" : "collision", "%s", message);
    if (!mg_line_wait_quiet (scan->line, MAX (3 * mg_line_get_byte_us (scan->line), SCAN_QUIET_US), error))
        return MBUS_SCAN_FAILED;
    return outcome;
}

static MbusScanOutcome scan_failed (MbusScan *scan, GError *why, GError **error)
{
    g_autoptr (GError) owned = why;

    if (g_error_matches (why, MG_ERROR, MG_ERROR_TIMEOUT)) {
        mg_call_step (scan->call, MG_STEP_FAILED, "timeout", "nobody answers");
        return MBUS_SCAN_SILENCE;
    }
    if (g_error_matches (why, MG_ERROR, MG_ERROR_PROTOCOL))
        return mbus_scan_garbled (scan, MBUS_SCAN_GARBLED, why->message, error);
    g_propagate_error (error, g_steal_pointer (&owned));
    return MBUS_SCAN_FAILED;
}

/* Several acknowledgements at once make any bytes, also some before E5: the first one tells. */
static gssize ack_size (const guint8 *bytes, gsize len)
{
    gssize size = mbus_frame_size (bytes, len);

    return size < 0 ? 1 : size;
}

MbusScanOutcome mbus_scan_exchange (MbusScan *scan, const guint8 *request, gsize len, MbusFrame *answer, GError **error)
{
    const MgFraming framing = MG_INIT (MgFraming, .first_us = scan->first_us, .idle_us = scan->channel->idle_us,
                                       .full_us = scan->channel->full_us, .max = MBUS_FRAME_MAX,
                                       .size = len == 5 ? mbus_frame_size : ack_size);
    GError *why = NULL;
    char message[256];

    mg_host_count (scan->channel->host, "requests", 1);
    if (!mg_line_exchange (scan->line, request, len, &framing, scan->frame, &why))
        return scan_failed (scan, why, error);
    MbusFault fault = mbus_frame_parse (scan->frame->data, scan->frame->len, answer);
    if (fault != MBUS_OK) {
        mbus_frame_describe (answer, fault, message, sizeof message);
        /* what looks like a short frame is made of a collision: no meter sends such */
        gboolean spoiled = fault == MBUS_FAULT_CHECKSUM && scan->frame->data[0] == 0x68;
        return mbus_scan_garbled (scan, spoiled ? MBUS_SCAN_CHECKSUM : MBUS_SCAN_GARBLED, message, error);
    }
    if (scan->frame->len == len && memcmp (scan->frame->data, request, len) == 0) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                     "the request itself came back: does the line echo? (echo = yes)");
        return MBUS_SCAN_FAILED;
    }
    if (answer->kind == MBUS_LONG && (answer->c & 0xCFu) == 0x08u)
        return MBUS_SCAN_TELEGRAM;
    if (answer->kind != MBUS_ACK)
        return mbus_scan_garbled (scan, MBUS_SCAN_GARBLED, "a frame that is no answer of a meter", error);
    return MBUS_SCAN_ACK;
}

MbusScanOutcome mbus_scan_request (MbusScan *scan, guint8 a, MbusFrame *answer, GError **error)
{
    guint8 request[5];
    gsize len = mbus_frame_write_short (request, MBUS_C_REQ_UD2 | MBUS_C_FCB, a);
    MbusScanOutcome outcome = mbus_scan_exchange (scan, request, len, answer, error);

    return outcome == MBUS_SCAN_CHECKSUM ? mbus_scan_exchange (scan, request, len, answer, error) : outcome;
}

/* EN 13757-2 gives a meter 330 bit times and 50 ms; who is later than that may be twice as late again. */
gboolean mbus_scan_settle (MbusScan *scan, GError **error)
{
    gint64 byte_us = mg_line_get_byte_us (scan->line);

    return mg_line_wait_quiet (scan->line, byte_us == 0 ? G_USEC_PER_SEC : 3 * (30 * byte_us + 50000), error);
}

void mbus_found_identify (MgFound *found, const MbusTelegram *telegram, const GByteArray *frame)
{
    char id[9], maker[4];
    MgIdentity identity = MG_INIT (MgIdentity, .serial = id);

    mg_found_heard (found, 0, frame->data, frame->len);
    if (!telegram->has_identity)
        return;
    mbus_telegram_id (telegram, id);
    mbus_manufacturer (telegram->manufacturer, maker);
    identity.manufacturer = telegram->has_maker ? maker : NULL;
    identity.version = telegram->version;
    identity.medium = telegram->medium;
    mg_found_identity (found, &identity);
}

void mbus_scan_found (MbusScan *scan, const MbusAddress *address, const MbusTelegram *telegram)
{
    char text[MBUS_ADDRESS_TEXT_MAX];
    MgFound *found;

    mbus_address_print (address, text);
    found = mg_found_new (text);
    mbus_found_identify (found, telegram, scan->frame);
    mg_call_step (scan->call, MG_STEP_OK, "found", "%s", text);
    mg_call_found (scan->call, found);
}

/* ------------------------------------------------------------------------------------------------------------ primary
 */

#define PRIMARY_ADDRESSES 251u

typedef struct {
    guint8 list[2 * PRIMARY_ADDRESSES]; /* the addresses to ask, in order */
    guint n;
    gboolean again[PRIMARY_ADDRESSES]; /* answered late: is asked a second time */
    guint retries;
} PrimaryScan;

/* Known ones first, then the others. */
static void primary_list (MbusScan *scan, PrimaryScan *primary, guint from, guint to)
{
    gboolean known[PRIMARY_ADDRESSES] = { FALSE };
    MgDevice *const *devices;
    guint n_devices = mg_call_get_devices (scan->call, &devices);

    for (guint i = 0; i < n_devices; i++) {
        MbusAddress address;
        if (mbus_address_parse (mg_device_get_address (devices[i]), &address, NULL) && !address.is_secondary)
            known[address.primary] = TRUE;
    }
    for (guint pass = 0; pass < 2; pass++)
        for (guint a = from; a <= to; a++)
            if (known[a] == (pass == 0))
                primary->list[primary->n++] = (guint8) a;
}

/* An answer of another address is a late one: from now on there is more time, and that address gets a second chance. */
static gboolean primary_late (MbusScan *scan, PrimaryScan *primary, guint a, GError **error)
{
    mg_call_step (scan->call, MG_STEP_INFO, "late", "address %u answers, %u was asked", a, scan->present.primary);
    scan->first_us = scan->channel->first_us;
    if (a < PRIMARY_ADDRESSES && !primary->again[a]) {
        primary->again[a] = TRUE;
        primary->list[primary->n++] = (guint8) a;
    }
    return mbus_scan_settle (scan, error);
}

/* FALSE: the scan ends here */
static gboolean primary_ask (MbusScan *scan, PrimaryScan *primary, guint done, const char *what, GError **error)
{
    MbusScanOutcome outcome = MBUS_SCAN_SILENCE;
    guint silent = 0, garbled = 0;
    MbusTelegram telegram;
    MbusFrame answer;

    while (silent <= primary->retries && garbled <= scan->channel->repeats) {
        mg_call_progress (scan->call, done, primary->n, what);
        outcome = mbus_scan_request (scan, scan->present.primary, &answer, error);
        if (outcome == MBUS_SCAN_FAILED)
            return FALSE;
        if (outcome == MBUS_SCAN_TELEGRAM && answer.a == scan->present.primary)
            break;
        silent += outcome == MBUS_SCAN_SILENCE;
        garbled += outcome != MBUS_SCAN_SILENCE;
        if (outcome == MBUS_SCAN_TELEGRAM && !primary_late (scan, primary, answer.a, error))
            return FALSE;
    }
    if (outcome == MBUS_SCAN_TELEGRAM && answer.a == scan->present.primary &&
        mbus_telegram_parse (&answer, &telegram) == MBUS_OK)
        mbus_scan_found (scan, &scan->present, &telegram);
    else if (outcome != MBUS_SCAN_SILENCE)
        mg_call_step (scan->call, MG_STEP_FAILED, "unresolved",
                      "address %u: somebody is there, or several, and no telegram can be read", scan->present.primary);
    return TRUE;
}

static gboolean scan_primary (MbusScan *scan, const MgConfig *options, GError **error)
{
    gint64 from = mg_config_get_int (options, "from"), to = mg_config_get_int (options, "to");
    gint64 byte_us = mg_line_get_byte_us (scan->line);
    PrimaryScan primary = { .retries = (guint) mg_config_get_int (options, "retries") };
    char what[16];

    if (from > to) {
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "from = %d, to = %d: expected from to be the smaller one",
                     (gint) from, (gint) to);
        return FALSE;
    }
    if (scan->first_us == 0 && byte_us > 0) /* EN 13757-2: 330 bit times and 50 ms; four characters for the computer */
        scan->first_us = 34 * byte_us + 50000;
    primary_list (scan, &primary, (guint) from, (guint) to);
    for (guint i = 0; i < primary.n; i++) {
        scan->present = (MbusAddress){ .primary = primary.list[i] };
        g_snprintf (what, sizeof what, "%u", primary.list[i]);
        if (!primary_ask (scan, &primary, i, what, error))
            return FALSE;
    }
    mg_call_progress (scan->call, primary.n, primary.n, "");
    return TRUE;
}

/* -------------------------------------------------------------------------------------------------------------- scans
 */

gboolean mbus_scan (gpointer self, const MgConfig *options, MgCall *call, GError **error)
{
    const MbusChannel *channel = self;
    MbusScan scan = { .channel = channel,
                      .call = call,
                      .line = mg_call_get_line (call),
                      .frame = g_byte_array_new (),
                      .first_us = channel->first_us };
    MbusScanMode mode = (MbusScanMode) mg_config_get_int (options, "mode");
    gboolean ok;

    ok = mode == MBUS_SCAN_PRIMARY ? scan_primary (&scan, options, error)
                                   : mbus_scan_secondary (&scan, options, mode == MBUS_SCAN_REVERSE, error);
    g_byte_array_unref (scan.frame);
    return ok;
}
