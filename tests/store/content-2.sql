-- One row in every table of a store of schema 2.
INSERT INTO user VALUES (1, 'durand', 'Mme Durand', 'teacher', '$argon2id$x', 'fr', 1, 1763884800000);
INSERT INTO setting VALUES ('school_name', '"École des Tilleuls"');
INSERT INTO browser VALUES ('b1', 1, NULL, 0, 1763884800000, 1763884800001);
INSERT INTO session VALUES ('s1', 1, 'b1', 0, 1763884800000, 1763884800002);
INSERT INTO invitation VALUES ('i1', 1, 1764489600000, NULL);
INSERT INTO cart VALUES (1, 'Classe mobile A', 1763884800000);
INSERT INTO classroom VALUES (1, 'CE2 B', 'CE2', 1763884800000);
INSERT INTO enrollment_token VALUES (1, 't1', 1, 30, 1, 1763884800000, 'user:1', 1764489600000, NULL, NULL, NULL);
INSERT INTO device VALUES ('d-7k3m9q2x', 'R52T90ABCDE', 7, 'Tablette 07', 'tablet', 'samsung', 'SM-X200', 'Android 14',
  'preau-sim/1.0', '["lock","message"]', 1, 'active', '$7$101$c2FsdA==$aGFzaA==', 'preau.local', 1763884800000, 1,
  1763884800000, 42, 1763884800003, NULL);
INSERT INTO pupil VALUES (1, 1, 'Léa', 'M', 'd-7k3m9q2x');
INSERT INTO lesson VALUES ('019acb5e-1111-7d42-9b1e-2f60a1c3d4e5', 1, 'Fractions', 1, 1, 1763884800000, 1763888400000,
  NULL, NULL);
INSERT INTO lesson_device VALUES (1, '019acb5e-1111-7d42-9b1e-2f60a1c3d4e5', 'd-7k3m9q2x',
  '{"lock":null,"sound":"blocked"}', 'Les yeux vers moi', 1763884800000, NULL, '{"show":"clock"}');
INSERT INTO handover VALUES (1, '019acb5e-1111-7d42-9b1e-2f60a1c3d4e5', 'd-7k3m9q2x', 1, 1763884800000, NULL, NULL);
INSERT INTO gesture VALUES ('g1', '019acb5e-1111-7d42-9b1e-2f60a1c3d4e5', 1, 'message', '{"text":"Bravo"}', 1763884900000);
INSERT INTO receipt VALUES ('019acb5e-2222-7d42-9b1e-2f60a1c3d4e5', 'g1', 'd-7k3m9q2x', 'sent', NULL,
  '{"type":"message","args":{"text":"Bravo"}}', 1763888400000, NULL, NULL, 1, 1763884900001, 'agent', 'confirmed');
INSERT INTO document VALUES ('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'vide.pdf',
  'application/pdf', 0, 1763884800000);
INSERT INTO document_owner VALUES ('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 1, 'vide.pdf',
  1763884800000);
INSERT INTO favourite VALUES (1, 1, 'link', 'Lumni', 'https://www.lumni.fr', 1763884800000);
INSERT INTO usage_record VALUES ('d-7k3m9q2x', 'b3e1', 18, 'org.kde.gcompris', 1763884800000, 312, 1763885200000);
INSERT INTO usage_mark VALUES ('d-7k3m9q2x', 'b3e1', 18, 1763885200000);
INSERT INTO inventory VALUES ('d-7k3m9q2x', '{"serial":"R52T90ABCDE"}', 1763884800000);
INSERT INTO dropped VALUES ('d-7k3m9q2x', 'flood', '2026-11-23', 3, 1763884800000);
INSERT INTO journal VALUES (1, 1763884800000, 'user:1', 'lesson.start', 'lesson:1', '{"devices":1}');
INSERT INTO agent_link VALUES ('d-7k3m9q2x', 'webview-kiosk', 'owner', 'k-1', '$7$101$c2FsdA==$aGFzaA==', '482913',
  '["open"]', NULL, 1763884800000, 1763885200000);
INSERT INTO join_code VALUES ('482913', '019acb5e-1111-7d42-9b1e-2f60a1c3d4e5', NULL, 1763884800000, 1763888400000);
