/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scan-secondary.c: the scan of secondary addresses: each mask that the search asks for is selected, and who
 * acknowledges is asked who it is. */
#include <metergate.h>

#include "scan.h"
#include "scan-search.h"

#include <string.h>

/* "33FFFFFF", shorter ones with zeros in front; or an address of its own */
static gboolean secondary_mask (const char *text, MbusAddress *mask, GError **error)
{
    gsize len = strlen (text);
    g_autofree char *padded = g_strdup_printf ("%.*s%s", len < 8 ? (int) (8 - len) : 0, "00000000", text);

    if (!mbus_address_parse (len < 8 ? padded : text, mask, error)) {
        g_prefix_error (error, "mask: ");
        return FALSE;
    }
    if (mask->is_secondary)
        return TRUE;
    g_set_error (error, MG_ERROR, MG_ERROR_CONFIG,
                 "mask %s: expected digits of an identification such as 33FFFFFF, or a secondary address", text);
    return FALSE;
}

static void secondary_expect (MbusScan *scan, MbusSearch *search)
{
    MgDevice *const *devices;
    guint n = mg_call_get_devices (scan->call, &devices);

    for (guint i = 0; i < n; i++) {
        MbusAddress address;
        gboolean whole = mbus_address_parse (mg_device_get_address (devices[i]), &address, NULL);

        for (guint digit = 0; digit < 8; digit++)
            whole = whole && (address.mask[digit / 2] >> (4 * (digit % 2)) & 0x0F) != 0x0F;
        if (whole && address.is_secondary)
            mbus_search_expect (search, address.mask);
    }
}

static gboolean mask_names_id (const guint8 mask[8])
{
    for (guint digit = 0; digit < 8; digit++)
        if ((mask[digit / 2] >> (4 * (digit % 2)) & 0x0F) == 0x0F)
            return FALSE;
    return TRUE;
}

/* The address under which the meter can be selected: what it says, FF where it says nothing. FALSE: it says nothing. */
static gboolean meter_address (const MbusScan *scan, const MbusTelegram *telegram, guint8 meter[8])
{
    memcpy (meter, scan->present.mask, 8);
    if (!telegram->has_identity)
        return mask_names_id (meter);
    for (guint i = 0; i < 4; i++)
        meter[i] = (guint8) (telegram->id >> (8 * i));
    if (!telegram->has_maker)
        return TRUE;
    meter[4] = (guint8) telegram->manufacturer;
    meter[5] = (guint8) (telegram->manufacturer >> 8);
    meter[6] = telegram->version;
    meter[7] = telegram->medium;
    return TRUE;
}

typedef enum { ASK_FAILED, ASK_ANSWERED, ASK_AGAIN } AskOutcome;

/* What the telegram of who is selected means. One that is not meant by the mask is a late one. */
static AskOutcome ask_take (MbusScan *scan, const MbusFrame *frame, MbusTelegram *telegram, guint8 meter[8],
                            MbusSearchAnswer *answer)
{
    *answer = MBUS_SEARCH_MUTE;
    if (mbus_telegram_parse (frame, telegram) != MBUS_OK || !meter_address (scan, telegram, meter))
        return ASK_ANSWERED;
    if (telegram->has_identity && !mbus_address_covers (&scan->present, telegram->id, telegram->has_maker,
                                                        telegram->manufacturer, telegram->version, telegram->medium))
        return ASK_AGAIN;
    *answer = MBUS_SEARCH_METER;
    return ASK_ANSWERED;
}

/* Some that acknowledge together still look like E5 at first; behind a single one the line is silent. */
static MbusScanOutcome ask_check_ack (MbusScan *scan, GError **error)
{
    gint64 byte_us = mg_line_get_byte_us (scan->line);
    g_autoptr (GError) why = NULL;
    guint8 byte;

    if (byte_us == 0) /* a network: the request behind it tells as well, without a wait each time */
        return MBUS_SCAN_ACK;
    if (mg_line_read_some (scan->line, &byte, 1, 2 * byte_us, &why) > 0)
        return mbus_scan_garbled (scan, MBUS_SCAN_GARBLED, "more bytes behind E5", error);
    if (g_error_matches (why, MG_ERROR, MG_ERROR_TIMEOUT))
        return MBUS_SCAN_ACK;
    g_propagate_error (error, g_steal_pointer (&why));
    return MBUS_SCAN_FAILED;
}

static AskOutcome ask_once (MbusScan *scan, MbusTelegram *telegram, guint8 meter[8], MbusSearchAnswer *answer,
                            GError **error)
{
    guint8 request[MBUS_FRAME_MAX];
    gsize len = mbus_frame_write_long (request, MBUS_C_SND_UD, MBUS_ADDRESS_SELECTED, 0x52, scan->present.mask, 8);
    MbusFrame frame;
    MbusScanOutcome outcome = mbus_scan_exchange (scan, request, len, &frame, error);

    if (outcome == MBUS_SCAN_ACK)
        outcome = ask_check_ack (scan, error);
    *answer = outcome == MBUS_SCAN_SILENCE ? MBUS_SEARCH_NOBODY : MBUS_SEARCH_COLLISION;
    if (outcome == MBUS_SCAN_SILENCE || outcome == MBUS_SCAN_GARBLED || outcome == MBUS_SCAN_CHECKSUM)
        return ASK_ANSWERED;
    if (outcome == MBUS_SCAN_ACK) {
        outcome = mbus_scan_request (scan, MBUS_ADDRESS_SELECTED, &frame, error);
        if (outcome == MBUS_SCAN_GARBLED || outcome == MBUS_SCAN_CHECKSUM)
            return ASK_ANSWERED;
        if (outcome == MBUS_SCAN_TELEGRAM)
            return ask_take (scan, &frame, telegram, meter, answer);
    }
    *answer = MBUS_SEARCH_MUTE;
    return outcome == MBUS_SCAN_FAILED ? ASK_FAILED : ASK_AGAIN;
}

/* Who acknowledges and then says nothing was perhaps only late: from now on meters get more time, and the mask is asked
 * again when the bus is quiet. */
static gboolean secondary_ask (MbusScan *scan, MbusSearch *search, GError **error)
{
    MbusSearchAnswer answer;
    MbusTelegram telegram;
    guint8 meter[8];
    AskOutcome outcome = ask_once (scan, &telegram, meter, &answer, error);

    if (outcome == ASK_AGAIN) {
        gint64 byte_us = mg_line_get_byte_us (scan->line);

        mg_call_step (scan->call, MG_STEP_INFO, "late", "an answer is missing, or belongs to another request");
        mbus_search_doubt (search);
        if (scan->channel->first_us == 0)
            scan->first_us = byte_us == 0 ? 2 * G_USEC_PER_SEC : 3 * (30 * byte_us + 50000);
        if (!mbus_scan_settle (scan, error))
            return FALSE;
        outcome = ask_once (scan, &telegram, meter, &answer, error);
    }
    if (outcome == ASK_FAILED)
        return FALSE;
    if (mbus_search_answer (search, answer, meter)) {
        MbusAddress address = { .is_secondary = TRUE };
        memcpy (address.mask, meter, 8);
        mbus_scan_found (scan, &address, &telegram);
    }
    return TRUE;
}

/* Until every mask that the search asks for is answered. */
static gboolean secondary_pass (MbusScan *scan, MbusSearch *search, GError **error)
{
    char what[MBUS_ADDRESS_TEXT_MAX];
    const guint8 *mask;

    while ((mask = mbus_search_next (search)) != NULL) {
        memcpy (scan->present.mask, mask, 8);
        mbus_address_print (&scan->present, what);
        mg_call_progress (scan->call, mbus_search_get_decided (search), MBUS_SEARCH_WHOLE, what);
        if (!secondary_ask (scan, search, error))
            return FALSE;
    }
    return TRUE;
}

gboolean mbus_scan_secondary (MbusScan *scan, const MgConfig *options, gboolean reverse, GError **error)
{
    MbusConfirm confirm = (MbusConfirm) mg_config_get_int (options, "confirm");
    MbusAddress within;

    if (!secondary_mask (mg_config_get_string (options, "mask"), &within, error))
        return FALSE;
    g_autoptr (MbusSearch) search = mbus_search_new (within.mask, reverse ? MBUS_SEARCH_REVERSE : MBUS_SEARCH_LEARN);
    scan->present.is_secondary = TRUE;
    secondary_expect (scan, search);
    if (!secondary_pass (scan, search, error))
        return FALSE;
    if ((confirm == MBUS_CONFIRM_YES || (confirm == MBUS_CONFIRM_AUTO && mbus_search_is_doubted (search))) &&
        mbus_search_confirm (search) > 0 && !secondary_pass (scan, search, error))
        return FALSE;
    if (mbus_search_is_noisy (search)) {
        g_set_error (error, MG_ERROR, MG_ERROR_PROTOCOL,
                     "noise: something answers everywhere, and it is no meter; %u were found",
                     mbus_search_get_found (search));
        return FALSE;
    }
    if (mbus_search_get_unresolved (search) > 0)
        mg_call_step (scan->call, MG_STEP_FAILED, "unresolved",
                      "%u addresses where somebody is, or several, and no telegram can be read",
                      mbus_search_get_unresolved (search));
    mg_call_progress (scan->call, MBUS_SEARCH_WHOLE, MBUS_SEARCH_WHOLE, "");
    return TRUE;
}
