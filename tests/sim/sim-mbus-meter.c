/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sim-mbus-meter.c: one simulated slave: addresses, selection, frame count bits, pages, and its bad habits. */
#include "sim-mbus-private.h"

#include <string.h>

#define METER_BAUD_FALLBACK_US (180 * G_USEC_PER_SEC)

/* What a slave remembers for each way in which it is addressed: own address, and 253. */
typedef struct {
    gint8 class2_fcb; /* -1: cleared, the next request is fresh */
    gint8 send_fcb;
    guint page;       /* the page that comes next; 0: a fresh readout */
    GByteArray *last; /* the latest answer to REQ_UD2, for a repeat */
    SimAnswer last_answer;
} MeterMemory;

struct _SimMeter {
    SimMeterOptions options;
    SimChance chance;
    MeterMemory own, selected_memory;
    gboolean selected;
    guint8 access;
    guint64 counter;
    guint64 current_value; /* the first counter of the readout under way */
    GPtrArray *pages;      /* GByteArray from CI on; the readout under way */
    GPtrArray *frames;     /* GBytes, whole recorded frames; NULL: encodes its own */
    guint32 baud, home_baud;
    gint64 heard_us;
};

SimMeter *sim_meter_new (const SimMeterOptions *options, GBytes *const *pages, guint n_pages, guint64 seed)
{
    SimMeter *meter = g_new0 (SimMeter, 1);

    meter->options = *options;
    meter->options.label = g_strdup (options->label);
    meter->chance.state = seed;
    meter->counter = options->start;
    meter->baud = meter->home_baud = options->baud;
    meter->own.last = g_byte_array_new ();
    meter->selected_memory.last = g_byte_array_new ();
    meter->own.class2_fcb = meter->own.send_fcb = -1;
    meter->selected_memory.class2_fcb = meter->selected_memory.send_fcb = -1;
    if (n_pages > 0) {
        meter->frames = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
        for (guint i = 0; i < n_pages; i++)
            g_ptr_array_add (meter->frames, g_bytes_ref (pages[i]));
    }
    return meter;
}

void sim_meter_free (SimMeter *meter)
{
    sim_meter_options_clear (&meter->options);
    g_byte_array_unref (meter->own.last);
    g_byte_array_unref (meter->selected_memory.last);
    g_clear_pointer (&meter->pages, g_ptr_array_unref);
    g_clear_pointer (&meter->frames, g_ptr_array_unref);
    g_free (meter);
}

SimMeterOptions *sim_meter_get_options (SimMeter *meter)
{
    return &meter->options;
}

static void meter_forget (MeterMemory *memory)
{
    memory->class2_fcb = memory->send_fcb = -1;
    memory->page = 0;
}

static guint8 meter_reply_address (SimMeter *meter)
{
    if (meter->options.reply_address >= 0)
        return (guint8) meter->options.reply_address;
    return meter->options.address >= 0 ? (guint8) meter->options.address : SIM_ADDRESS_SELECTED;
}

static gboolean meter_acknowledge (GByteArray *out)
{
    static const guint8 ack = 0xE5;

    g_byte_array_append (out, &ack, 1);
    return TRUE;
}

/* EN 13757-7: each digit F of the identification is any digit; a byte FF any manufacturer byte, version, medium */
static gboolean meter_matches (const SimMeter *meter, const guint8 *mask)
{
    const SimMeterOptions *o = &meter->options;
    const guint8 rest[] = { (guint8) o->manufacturer, (guint8) (o->manufacturer >> 8), o->version, o->medium };
    guint8 id[4];

    sim_encode_id (o->id, id);
    for (guint i = 0; i < 8; i++) {
        guint digit = mask[i / 2] >> (4 * (i % 2)) & 0x0F, mine = id[i / 2] >> (4 * (i % 2)) & 0x0F;

        if (digit != 0x0F && digit != mine)
            return FALSE;
    }
    for (guint i = 0; i < 4; i++) {
        if (mask[4 + i] != 0xFF && mask[4 + i] != rest[i])
            return FALSE;
    }
    return TRUE;
}

static gboolean meter_select (SimMeter *meter, const SimRequest *request, GByteArray *out)
{
    gboolean matches = request->len >= 8 && meter_matches (meter, request->data);

    if (matches && request->len > 8) { /* enhanced selection: 0C 78 and the fabrication number */
        const guint8 *more = request->data + 8;
        guint8 mask[8];

        matches = meter->options.enhanced && request->len == 14 && more[0] == 0x0C && more[1] == 0x78;
        if (matches) {
            memset (mask, 0xFF, sizeof mask);
            memcpy (mask, more + 2, 4);
            matches = meter_matches (meter, mask);
        }
    }
    meter->selected = matches;
    if (!matches)
        return FALSE;
    meter_forget (&meter->selected_memory);
    return meter_acknowledge (out);
}

/* the one record that a meter obeys here: 01 7A, its new primary address */
static void meter_obey_data (SimMeter *meter, const SimRequest *request)
{
    if (request->len == 3 && request->data[0] == 0x01 && request->data[1] == 0x7A && request->data[2] <= 250)
        meter->options.address = request->data[2];
}

static gboolean meter_send_ud (SimMeter *meter, MeterMemory *memory, const SimRequest *request, GByteArray *out)
{
    static const guint32 bauds[] = { 300, 600, 1200, 2400, 4800, 9600, 19200, 38400 };
    gint8 fcb = request->c >> 5 & 1;
    gboolean repeated = (request->c & 0x10) != 0 && memory->send_fcb == fcb;

    if (request->ci == 0x52)
        return request->a == SIM_ADDRESS_SELECTED && meter_select (meter, request, out);
    if (request->ci == 0x56) { /* selection in mode 2 deselects the slaves of mode 1 */
        meter->selected = FALSE;
        return FALSE;
    }
    memory->send_fcb = (request->c & 0x10) != 0 ? fcb : -1;
    if (!repeated) {
        if (request->ci == 0x50)
            memory->page = 0;
        else if (request->ci == 0x51)
            meter_obey_data (meter, request);
        else if (request->ci >= 0xB8 && request->ci <= 0xBF)
            meter->baud = bauds[request->ci - 0xB8];
    }
    return request->a != SIM_ADDRESS_BROADCAST && meter_acknowledge (out);
}

static void meter_spoil (SimMeter *meter, GByteArray *out)
{
    const SimMeterOptions *o = &meter->options;

    if (sim_chance_hits (&meter->chance, o->noise)) {
        g_byte_array_set_size (out, 1 + sim_chance_below (&meter->chance, 40));
        for (guint i = 0; i < out->len; i++)
            out->data[i] = (guint8) sim_chance_next (&meter->chance);
    }
    if (sim_chance_hits (&meter->chance, o->babble)) {
        guint start = out->len, more = 300 + sim_chance_below (&meter->chance, 300);

        g_byte_array_set_size (out, start + more);
        for (guint i = start; i < out->len; i++)
            out->data[i] = (guint8) sim_chance_next (&meter->chance);
    }
    if (out->len > 2 && sim_chance_hits (&meter->chance, o->checksum))
        out->data[out->len - 2] ^= 0x55;
    if (out->len > 1 && sim_chance_hits (&meter->chance, o->cut))
        g_byte_array_set_size (out, 1 + sim_chance_below (&meter->chance, out->len - 1));
}

/* The next page of a recorded device: only the A field and the checksum are its own. */
static void meter_next_recorded (SimMeter *meter, MeterMemory *memory, GByteArray *out)
{
    gsize size;
    const guint8 *frame;

    if (memory->page >= meter->frames->len) { /* that was all; then it starts again */
        memory->page = 0;
        meter_acknowledge (out);
        return;
    }
    frame = g_bytes_get_data (g_ptr_array_index (meter->frames, memory->page), &size);
    sim_frame_long (out, frame[4], meter_reply_address (meter), frame[6], frame + 7, size - 9);
    memory->page++;
}

static void meter_next_encoded (SimMeter *meter, MeterMemory *memory, gint64 clock_s, GByteArray *out)
{
    const GByteArray *page;

    if (memory->page == 0 || meter->pages == NULL || memory->page >= meter->pages->len) {
        memory->page = 0;
        g_clear_pointer (&meter->pages, g_ptr_array_unref);
        meter->current_value = meter->counter;
        meter->pages = sim_encode_readout (&meter->options, (guint8) (meter->access + 1), meter->counter, clock_s);
        meter->counter += meter->options.step;
    }
    page = g_ptr_array_index (meter->pages, memory->page);
    sim_frame_long (out, 0x08, meter_reply_address (meter), page->data[0], page->data + 1, page->len - 1);
    meter->access++;
    memory->page = (memory->page + 1) % meter->pages->len;
}

static gboolean meter_request_ud2 (SimMeter *meter, MeterMemory *memory, const SimRequest *request, gint64 clock_s,
                                   GByteArray *out, SimAnswer *answer)
{
    gint8 fcb = request->c >> 5 & 1;
    gboolean counted = (request->c & 0x10) != 0;
    guint page = memory->page;

    if (meter->options.application_error >= 0) {
        const guint8 code = (guint8) meter->options.application_error;
        sim_frame_long (out, 0x08, meter_reply_address (meter), 0x70, &code, 1);
        return TRUE;
    }
    if (counted && memory->class2_fcb == fcb && memory->last->len > 0) {
        g_byte_array_append (out, memory->last->data, memory->last->len);
        *answer = memory->last_answer;
        answer->repeated = TRUE;
    } else {
        if (!counted)
            memory->page = page = 0;
        if (meter->frames != NULL)
            meter_next_recorded (meter, memory, out);
        else
            meter_next_encoded (meter, memory, clock_s, out);
        if (out->len > 1)
            *answer = (SimAnswer){ &meter->options, meter->access, meter->current_value, page + 1, FALSE, FALSE };
        g_byte_array_set_size (memory->last, 0);
        g_byte_array_append (memory->last, out->data, out->len);
        memory->last_answer = *answer;
    }
    memory->class2_fcb = counted ? fcb : -1;
    return TRUE;
}

/* SND_NKE: forgets the frame counts; to 253 it ends the selection, which the selected slave still acknowledges */
static gboolean meter_reset (SimMeter *meter, MeterMemory *memory, guint8 a, GByteArray *out)
{
    meter_forget (memory);
    if (a == SIM_ADDRESS_SELECTED || a == SIM_ADDRESS_BROADCAST)
        meter->selected = FALSE;
    return a != SIM_ADDRESS_BROADCAST && meter_acknowledge (out);
}

static gboolean meter_hears (SimMeter *meter, guint32 baud, gint64 now_us)
{
    if (meter->home_baud != 0 && meter->baud != meter->home_baud && now_us - meter->heard_us > METER_BAUD_FALLBACK_US)
        meter->baud = meter->home_baud;
    if (meter->baud != 0 && meter->baud != baud)
        return FALSE;
    meter->heard_us = now_us;
    return TRUE;
}

gboolean sim_meter_handle (SimMeter *meter, const SimRequest *request, guint32 baud, gint64 now_us, gint64 clock_s,
                           GByteArray *out, gint64 *delay_us, SimAnswer *answer)
{
    gboolean selecting = request->is_long && (request->ci == 0x52 || request->ci == 0x56);
    gboolean mine = request->a == SIM_ADDRESS_EVERYBODY || request->a == SIM_ADDRESS_BROADCAST ||
                    (meter->options.address >= 0 && request->a == meter->options.address) ||
                    (request->a == SIM_ADDRESS_SELECTED && (meter->selected || selecting));
    MeterMemory *memory = request->a == SIM_ADDRESS_SELECTED ? &meter->selected_memory : &meter->own;
    gboolean answers = FALSE;

    memset (answer, 0, sizeof *answer);
    if (!meter_hears (meter, baud, now_us) || !mine)
        return FALSE;
    switch (request->c & 0xCF) {
    case 0x40:
        answers = !request->is_long && meter_reset (meter, memory, request->a, out);
        break;
    case 0x43:
        answers = request->is_long && meter_send_ud (meter, memory, request, out);
        break;
    case 0x4B:
        answers = !request->is_long && request->a != SIM_ADDRESS_BROADCAST &&
                  meter_request_ud2 (meter, memory, request, clock_s, out, answer);
        break;
    case 0x4A:
        answers = !request->is_long && request->a != SIM_ADDRESS_BROADCAST && meter_acknowledge (out); /* no alarm */
        break;
    default:
        break;
    }
    if (!answers)
        return FALSE;
    *delay_us = meter->options.delay_us;
    if ((answer->meter != NULL && answer->page == meter->options.lost_page) ||
        sim_chance_hits (&meter->chance, meter->options.silent)) {
        g_byte_array_set_size (out, 0);
        answer->spoiled = TRUE;
        return FALSE;
    }
    if (answer->meter != NULL) { /* bad habits show in data, acknowledgements come well */
        g_autoptr (GByteArray) good = g_byte_array_new_take (g_memdup2 (out->data, out->len), out->len);

        meter_spoil (meter, out);
        answer->spoiled = good->len != out->len || memcmp (good->data, out->data, out->len) != 0;
    }
    return TRUE;
}
