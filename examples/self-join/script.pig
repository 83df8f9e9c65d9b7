clicks = LOAD 'clicks.ndjson' USING JsonLoader('ts:long, user:int, page:chararray, ms:int, agent:chararray');
slow   = FILTER clicks BY ms >= 500;
brief  = FOREACH slow GENERATE ts, user, page;
both   = JOIN slow BY user, brief BY user;
pairs  = FOREACH both GENERATE slow::ts AS ts, slow::user AS user, slow::page AS page, brief::page AS other;
STORE pairs INTO 'pairs' USING JsonStorage();
