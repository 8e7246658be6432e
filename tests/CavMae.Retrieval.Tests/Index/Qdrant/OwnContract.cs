namespace CavMae.Retrieval.Tests.Index.Qdrant;

/// <summary>The requests of this project, their names, types and required fields, for checkouts that lack the published document.</summary>
internal static class OwnContract
{
    public const string Json = """
        {
          "paths": {
            "/aliases": { "get": {} },
            "/collections/aliases": { "post": { "requestBody": { "content": { "application/json": { "schema": { "type": "object", "required": ["actions"], "properties": {
              "actions": { "type": "array", "items": { "anyOf": [
                { "type": "object", "required": ["create_alias"], "properties": { "create_alias": { "type": "object", "required": ["alias_name", "collection_name"],
                  "properties": { "alias_name": { "type": "string" }, "collection_name": { "type": "string" } } } } },
                { "type": "object", "required": ["delete_alias"], "properties": { "delete_alias": { "type": "object", "required": ["alias_name"], "properties": { "alias_name": { "type": "string" } } } } } ] } } } } } } } } },
            "/collections/{name}": { "get": {}, "delete": {}, "put": { "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/schemas/Create" } } } } } },
            "/collections/{name}/index": { "put": { "parameters": [ { "name": "wait", "in": "query", "schema": { "type": "boolean" } } ],
              "requestBody": { "content": { "application/json": { "schema": { "type": "object", "required": ["field_name", "field_schema"],
                "properties": { "field_name": { "type": "string" }, "field_schema": { "enum": ["keyword", "integer", "bool"] } } } } } } } },
            "/collections/{name}/points": {
              "put": { "parameters": [ { "name": "wait", "in": "query", "schema": { "type": "boolean" } }, { "name": "ordering", "in": "query", "schema": { "enum": ["strong"] } } ],
                "requestBody": { "content": { "application/json": { "schema": { "type": "object", "required": ["points"], "properties": {
                  "points": { "type": "array", "items": { "$ref": "#/schemas/Point" } },
                  "update_filter": { "$ref": "#/schemas/Filter" }, "update_mode": { "enum": ["insert_only", "update_only"] } } } } } } },
              "post": { "parameters": [ { "name": "consistency", "in": "query", "schema": { "enum": ["majority", "quorum", "all"] } } ],
                "requestBody": { "content": { "application/json": { "schema": { "type": "object", "required": ["ids"], "properties": {
                  "ids": { "$ref": "#/schemas/Ids" }, "with_payload": { "$ref": "#/schemas/Names" }, "with_vector": { "type": "boolean" } } } } } } } },
            "/collections/{name}/points/delete": { "post": {
              "parameters": [ { "name": "wait", "in": "query", "schema": { "type": "boolean" } }, { "name": "ordering", "in": "query", "schema": { "enum": ["strong"] } } ],
              "requestBody": { "content": { "application/json": { "schema": { "anyOf": [
                { "type": "object", "required": ["points"], "properties": { "points": { "$ref": "#/schemas/Ids" } } },
                { "type": "object", "required": ["filter"], "properties": { "filter": { "$ref": "#/schemas/Filter" } } } ] } } } } } },
            "/collections/{name}/points/scroll": { "post": {
              "parameters": [ { "name": "consistency", "in": "query", "schema": { "enum": ["majority", "quorum", "all"] } } ],
              "requestBody": { "content": { "application/json": { "schema": { "type": "object", "properties": {
                "filter": { "$ref": "#/schemas/Filter" }, "limit": { "type": "integer", "minimum": 1 }, "offset": { "type": "string", "format": "uuid" },
                "order_by": { "type": "object", "required": ["key"], "properties": { "key": { "type": "string" }, "direction": { "enum": ["asc", "desc"] }, "start_from": { "type": "integer" } } },
                "with_payload": { "$ref": "#/schemas/Names" }, "with_vector": { "type": "boolean" } } } } } } } },
            "/collections/{name}/points/count": { "post": {
              "parameters": [ { "name": "consistency", "in": "query", "schema": { "enum": ["majority", "quorum", "all"] } } ],
              "requestBody": { "content": { "application/json": { "schema": { "type": "object", "properties": { "filter": { "$ref": "#/schemas/Filter" }, "exact": { "type": "boolean" } } } } } } } },
            "/collections/{name}/points/query/batch": { "post": {
              "parameters": [ { "name": "consistency", "in": "query", "schema": { "enum": ["majority", "quorum", "all"] } } ],
              "requestBody": { "content": { "application/json": { "schema": { "type": "object", "required": ["searches"], "properties": {
                "searches": { "type": "array", "items": { "$ref": "#/schemas/Search" } } } } } } } } },
            "/collections/{name}/points/query/groups": { "post": {
              "parameters": [ { "name": "consistency", "in": "query", "schema": { "enum": ["majority", "quorum", "all"] } } ],
              "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/schemas/Search" } } } } } }
          },
          "schemas": {
            "Create": { "type": "object", "required": ["vectors", "metadata"], "properties": {
              "vectors": { "type": "object", "additionalProperties": { "type": "object", "required": ["size", "distance"], "properties": {
                "size": { "type": "integer", "minimum": 1 }, "distance": { "enum": ["Cosine"] }, "on_disk": { "type": "boolean" } } } },
              "shard_number": { "type": "integer", "minimum": 1 }, "replication_factor": { "type": "integer", "minimum": 1 }, "write_consistency_factor": { "type": "integer", "minimum": 1 },
              "quantization_config": { "type": "object", "required": ["scalar"], "properties": { "scalar": { "type": "object", "required": ["type"], "properties": {
                "type": { "enum": ["int8"] }, "always_ram": { "type": "boolean" } } } } },
              "metadata": { "type": "object" } } },
            "Point": { "type": "object", "required": ["id", "vector"], "properties": { "id": { "type": "string", "format": "uuid" },
              "vector": { "type": "object", "additionalProperties": { "$ref": "#/schemas/Vector" } }, "payload": { "type": "object" } } },
            "Vector": { "type": "array", "items": { "type": "number" } },
            "Ids": { "type": "array", "items": { "type": "string", "format": "uuid" } },
            "Names": { "type": "array", "items": { "type": "string" } },
            "Search": { "type": "object", "required": ["query", "using", "limit"], "properties": {
              "query": { "$ref": "#/schemas/Vector" }, "using": { "enum": ["audio", "visual"] }, "filter": { "$ref": "#/schemas/Filter" }, "limit": { "type": "integer", "minimum": 1 },
              "params": { "type": "object", "properties": { "exact": { "type": "boolean" }, "quantization": { "type": "object", "properties": {
                "ignore": { "type": "boolean" }, "rescore": { "type": "boolean" }, "oversampling": { "type": "number", "minimum": 1 } } } } },
              "with_payload": { "$ref": "#/schemas/Names" }, "group_by": { "type": "string", "minLength": 1 }, "group_size": { "type": "integer", "minimum": 1 } } },
            "Filter": { "type": "object", "properties": { "must": { "$ref": "#/schemas/Conditions" }, "should": { "$ref": "#/schemas/Conditions" }, "must_not": { "$ref": "#/schemas/Conditions" } } },
            "Conditions": { "type": "array", "items": { "anyOf": [
              { "type": "object", "required": ["key"], "properties": { "key": { "type": "string" },
                "match": { "anyOf": [ { "type": "object", "required": ["value"], "properties": { "value": { "anyOf": [ { "type": "string" }, { "type": "integer" }, { "type": "boolean" } ] } } },
                  { "type": "object", "required": ["any"], "properties": { "any": { "$ref": "#/schemas/Names" } } } ] },
                "range": { "anyOf": [ { "$ref": "#/schemas/Numbers" }, { "$ref": "#/schemas/Instants" } ] } } },
              { "type": "object", "required": ["has_id"], "properties": { "has_id": { "$ref": "#/schemas/Ids" } } },
              { "$ref": "#/schemas/Filter" } ] } },
            "Numbers": { "type": "object", "properties": { "gt": { "type": "number" }, "gte": { "type": "number" }, "lt": { "type": "number" }, "lte": { "type": "number" } } },
            "Instants": { "type": "object", "properties": { "gt": { "$ref": "#/schemas/Instant" }, "gte": { "$ref": "#/schemas/Instant" }, "lt": { "$ref": "#/schemas/Instant" }, "lte": { "$ref": "#/schemas/Instant" } } },
            "Instant": { "type": "string", "format": "date-time" }
          }
        }
        """;
}
