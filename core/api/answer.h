/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* answer.h: one request as a handler sees it, and how it answers. HTTP itself stays in http.c. */
#pragma once

#include <api/api.h>

struct _Api {
    ApiRooms rooms;
    gpointer server; /* http.c's */
    char *socket_path;
    gint64 started_us;
};

typedef struct {
    Api *api;
    const char *path[4]; /* what stood for each * of the route, decoded */
    const char *body;
    gsize body_len;
    /* the answer */
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
void json_add_bool (Json *b, const char *name, gboolean yes);

void answer_json (Request *request, guint status, Json *json /* full */);
void answer_text (Request *request, const char *content_type, char *text /* full */);
/* RFC 9457: code is ours and stable, detail is for people */
void answer_problem (Request *request, guint status, const char *code, const char *detail);
/* the status that fits an error of one of the rooms */
void answer_error (Request *request, const GError *error);
/* answers that come later: the handler takes the request over and gives it back */
Request *answer_later (Request *request); /* full */
void answer_now (Request *request /* full */);

/* http.c */
void http_finish (Request *request);

/* routes.c */
void route_request (Request *request, const char *method, const char *path);

/* meters.c */
void meters_list (Request *request);
void meters_show (Request *request);
void meters_remove (Request *request);
void meters_read (Request *request);
void meters_export (Request *request);
void meters_import (Request *request);
void points_set (Request *request);
