/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver.c: what the gateway calls to read meters on a wired M-Bus: readouts over one or several telegrams. */
#include <metergate.h>

#include "driver.h"

#include "scan.h"

#include <string.h>

gpointer mbus_create (MgHost *host, const MgConfig *config, GError **error)
{
    MbusChannel *channel = g_new0 (MbusChannel, 1);

    channel->host = host;
    channel->reset = mg_config_get_bool (config, "reset");
    channel->repeats = (guint) mg_config_get_int (config, "repeats");
    channel->max_telegrams = (guint) mg_config_get_int (config, "max-telegrams");
    channel->first_us = mg_config_get_duration_us (config, "first-timeout");
    channel->idle_us = mg_config_get_duration_us (config, "idle-timeout");
    channel->full_us = mg_config_get_duration_us (config, "full-timeout");
    return channel;
}

void mbus_destroy (gpointer self)
{
    g_free (self);
}

gboolean mbus_device_check (const MgConfig *config, GError **error)
{
    MbusAddress address;

    return mbus_address_parse (mg_config_get_string (config, "address"), &address, error);
}

gboolean mbus_device_new (gpointer self, MgDevice *device, gpointer *data, GError **error)
{
    const MgConfig *config = mg_device_get_config (device);
    MbusDevice *state = g_new0 (MbusDevice, 1);

    if (!mbus_address_parse (mg_device_get_address (device), &state->address, error)) {
        g_free (state);
        return FALSE;
    }
    state->check_address = config == NULL || mg_config_get_bool (config, "check-address");
    state->fcb = MBUS_C_FCB;
    *data = state;
    return TRUE;
}

void mbus_device_free (gpointer self, gpointer data)
{
    g_free (data);
}

/* How one telegram, or the whole, went. */
typedef enum { READ_FAILED, READ_DONE, READ_MORE } ReadOutcome;

/* Of a first telegram that is no good nothing is kept; behind one that was good, the rest is what is missing. */
static ReadOutcome read_stop (MgReadout *out, guint telegram, gboolean keep, GError **error)
{
    g_prefix_error (error, "telegram %u: ", telegram);
    return (keep || telegram > 1) && mg_readout_partial (out, error) ? READ_DONE : READ_FAILED;
}

/* An application error is a refusal; what is encrypted as a whole has nothing to keep. */
static gboolean read_keeps (const MbusTalk *talk, MbusFault fault)
{
    MbusTelegram telegram;
    MbusFrame frame;

    if (fault == MBUS_FAULT_APPLICATION || !mbus_fault_keeps_readings (fault) ||
        mbus_frame_parse (talk->frame->data, talk->frame->len, &frame) != MBUS_OK ||
        mbus_telegram_parse (&frame, &telegram) != MBUS_OK)
        return FALSE;
    return fault != MBUS_FAULT_ENCRYPTED || telegram.len > 0;
}

static ReadOutcome read_take (MbusTalk *talk, MgReadout *out, guint telegram, GError **error)
{
    char message[256];
    gboolean more = FALSE;
    MbusFault fault = mbus_readout_add (out, talk->frame->data, talk->frame->len, &more, message, sizeof message);

    if (fault == MBUS_OK) {
        mg_call_step (talk->call, MG_STEP_OK, "telegram", "%u: %u bytes", telegram, talk->frame->len);
        return more ? READ_MORE : READ_DONE;
    }
    mg_call_step (talk->call, MG_STEP_FAILED, mbus_fault_code (fault), "%s", message);
    g_set_error_literal (error, MG_ERROR, (gint) mbus_fault_error (fault), message);
    return read_stop (out, telegram, read_keeps (talk, fault), error);
}

/* The telegram `number`, counted from 1; `before` holds the one before it. */
static ReadOutcome read_next (MbusTalk *talk, MgReadout *out, guint number, GError **error)
{
    MbusFrame answer;

    if (!mbus_talk_next (talk, &answer, error))
        return read_stop (out, number, FALSE, error);
    /* Without a reset the meter may still stand behind the last telegram of the readout before. */
    if (number == 1 && answer.kind == MBUS_ACK && !mbus_talk_next (talk, &answer, error))
        return READ_FAILED;
    if (answer.kind == MBUS_ACK && number > 1)
        return READ_DONE;
    if (answer.kind == MBUS_ACK) {
        g_set_error (error, MG_ERROR, MG_ERROR_PROTOCOL, "REQ_UD2: E5 instead of a telegram: the meter has no data");
        return READ_FAILED;
    }
    return read_take (talk, out, number, error);
}

static gboolean read_all (MbusTalk *talk, MgReadout *out, GError **error)
{
    ReadOutcome outcome = READ_MORE;

    for (guint number = 1; outcome == READ_MORE; number++) {
        if (number > talk->channel->max_telegrams) {
            g_set_error (error, MG_ERROR, MG_ERROR_RANGE, "more than %u telegrams (max-telegrams)",
                         talk->channel->max_telegrams);
            return mg_readout_partial (out, error);
        }
        outcome = read_next (talk, out, number, error);
    }
    return outcome == READ_DONE;
}

gboolean mbus_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    MbusTalk talk;
    gboolean ok;

    mbus_talk_init (&talk, self, mg_device_get_data (device), call);
    ok = mbus_talk_begin (&talk, error) && read_all (&talk, out, error);
    if (!ok)
        g_prefix_error (error, "address %s: ", mg_device_get_address (device));
    mbus_talk_clear (&talk);
    return ok;
}

static gboolean probe_identify (MbusTalk *talk, MgFound *found, GError **error)
{
    MbusTelegram telegram;
    MbusFrame answer;

    if (!mbus_talk_next (talk, &answer, error))
        return FALSE;
    if (answer.kind != MBUS_ACK && mbus_telegram_parse (&answer, &telegram) == MBUS_OK)
        mbus_found_identify (found, &telegram, talk->frame);
    return TRUE; /* else somebody is there, and says no more than that */
}

gboolean mbus_probe (gpointer self, MgDevice *device, MgCall *call, MgFound *found, GError **error)
{
    MbusTalk talk;
    gboolean ok;

    mbus_talk_init (&talk, self, mg_device_get_data (device), call);
    ok = mbus_talk_begin (&talk, error) && probe_identify (&talk, found, error);
    if (!ok)
        g_prefix_error (error, "address %s: ", mg_device_get_address (device));
    mbus_talk_clear (&talk);
    return ok;
}
