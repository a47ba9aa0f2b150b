/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answer.h: one request as a handler sees it, and how it answers. HTTP itself stays in http.c. */
#pragma once

#include <api/api.h>

struct _Api {
    ApiRooms rooms;
    gpointer server; /* http.c's */
    char *socket_path;
    gint64 started_us;
    GThreadPool *readers;  /* of ReadJob */
    GAsyncQueue *finished; /* of ReadJob, on their way back to the main loop */
    GPtrArray *streams;    /* stream.c's, as the next three */
    GHashTable *live_seen; /* meter: readouts taken, as they were told last */
    guint stream_timer, stream_ticks;
};

typedef struct {
    Api *api;
    const char *path[4]; /* what stood for each * of the route, decoded */
    GHashTable *query;   /* name: text, decoded; only names that the route has; NULL: none */
    const char *body;
    gsize body_len;
    const char *if_match; /* the header; NULL: none */
    /* the answer */
    gint64 etag; /* revision; 0: none */
    guint status;
    const char *content_type;
    char *text;       /* full */
    gpointer message; /* http.c's, for answers that come later */
} Request;

/* JSON text as it grows: lists of meters are too long to be built as a tree first. */
typedef struct {
    GString *text;
    gboolean comma; /* something stands in this object or array already */
} Json;

Json *json_new (void);                                     /* full; answer_json () takes it */
void json_begin (Json *b, const char *name, char bracket); /* '{' or '['; name NULL: in an array, or the outermost */
void json_end (Json *b, char bracket);
/* adds "name": value */
void json_add_text (Json *b, const char *name, const char *text /* NULL: null */);
void json_add_int (Json *b, const char *name, gint64 number);
void json_add_seq (Json *b, const char *name, gint64 seq); /* as text: larger than what JavaScript keeps exactly */
void json_add_bool (Json *b, const char *name, gboolean yes);

void answer_json (Request *request, guint status, Json *json /* full */);
void answer_text (Request *request, const char *content_type, char *text /* full */);
/* RFC 9457: code is ours and stable, detail is for people */
void answer_problem (Request *request, guint status, const char *code, const char *detail);
/* the same with parameters: name, text, ..., NULL */
void answer_problem_with (Request *request, guint status, const char *code, const char *detail,
                          ...) G_GNUC_NULL_TERMINATED;
/* the status that fits an error of one of the rooms */
void answer_error (Request *request, const GError *error);
/* answers that come later: the handler takes the request over and gives it back */
Request *answer_later (Request *request); /* full */
void answer_now (Request *request /* full */);

/* Answers that are made in a reader thread: `work` fills the request's answer there (answer_json (), answer_problem ())
 * and touches nothing of the main loop's; the catalogue is taken after the number up to which it may read. */
typedef struct ReadJob ReadJob;
typedef void (*ReadWork) (ReadJob *job);
struct ReadJob {
    Api *api;
    ReadWork work, done;   /* in the thread; then on the main loop, which frees the job */
    Request *request;      /* of an answer; `path`, `query` and `body` are gone */
    gpointer owner;        /* a stream's */
    Json *json;            /* a stream's */
    gboolean more, failed; /* a stream's: the page was full, or broke off */
    Store *store;
    Journal *journal;
    gint64 upto; /* committed when the job began */
    ModelCatalogue *catalogue;
    gint64 after, from_ms, to_ms, limit, meter;
};
/* Takes the request over. Only its numbers are the caller's to fill. */
void reader_run (gpointer job, gpointer unused); /* of the thread pool */
gboolean reader_drain (gpointer api);            /* main loop: ends what is finished */
void reader_start (Api *api, ReadJob *job /* full */);
void answer_by_reader (Request *request, ReadWork work, const ReadJob *numbers);

/* query.c: a number out of the query; FALSE: it is none or out of range, and that is the answer */
gboolean query_number (Request *request, const char *name, gint64 min, gint64 max, gint64 otherwise, gint64 *number);
gboolean query_check (Request *request, const char *known /* names apart by blanks */);

/* http.c */
void http_finish (Request *request);
const char *http_get_header (Request *request, const char *name); /* NULL: none */

/* An answer that has no end: what is appended is sent as the peer takes it. */
typedef struct _HttpStream HttpStream;
/* Takes the message of the request over. `closed` runs on the main loop when the peer is gone, not after
 * http_stream_free (). */
HttpStream *http_stream_new (Request *request, const char *content_type, void (*closed) (gpointer data), gpointer data);
void http_stream_append (HttpStream *stream, const char *text, gsize len);
guint64 http_stream_sent (HttpStream *stream);
guint64 http_stream_queued (HttpStream *stream); /* bytes that the peer has not taken yet */
void http_stream_drop (HttpStream *stream);      /* cuts the connection: `closed` follows */
void http_stream_free (HttpStream *stream);

/* stream.c */
void stream_open (Request *request);
void streams_free (Api *api);

/* routes.c */
void route_request (Request *request, const char *method, const char *path);

/* readings.c */
void readings_list (Request *request);
/* one readout as an object of an array */
void readings_add_row (Json *b, const StoreRow *row, const MgMeter *meter);

/* events.c */
void events_list (Request *request);
void events_add_row (Json *b, Journal *journal, const StoreRow *row);

/* lines.c */
void lines_list (Request *request);

/* channels.c */
void channels_list (Request *request);
void scan_show (Request *request);
void scan_start (Request *request);
void scan_cancel (Request *request);

/* reports.c */
void reports_list (Request *request);
void reports_show (Request *request);
void reports_run (Request *request);
void reports_retry (Request *request);

/* meters.c */
void meters_list (Request *request);
void meters_show (Request *request);
void meters_remove (Request *request);
void meters_read (Request *request);
void meters_export (Request *request);
void meters_import (Request *request);
void points_set (Request *request);
/* the meter that the path names; NULL: there is none, and that is the answer */
const ModelMeter *meters_find (Request *request);
/* the meter as it is now, with its ETag, once it is on the disk */
void meters_answer_kept (Request *request, guint status, guint32 id);

/* value, quality and at_ms of a live value, into an object */
void meters_add_value (Json *b, const MgReading *reading);

/* edit.c */
void meters_add (Request *request);
void meters_edit (Request *request);
void meters_exchange (Request *request);
/* FALSE: If-Match names another revision than the meter has, and that is the answer */
gboolean meters_is_current (Request *request, const ModelMeter *meter);
